"""Exchanges tokens by Keycard's own client (`keycardai.oauth.Client.exchange_token`).

Usage: python token_exchange.py ISSUER CLIENT_ID CLIENT_SECRET. Each line of the input is `{"subject_token", "resource"}`.
Each line of the output is the members of the client's `TokenResponse`, or `{"error": ...}` with the OAuth error.
"""

import json
import sys
import warnings

from keycardai.oauth import BasicAuth, Client
from keycardai.oauth.exceptions import OAuthProtocolError
from keycardai.oauth.types.models import TokenExchangeRequest

MEMBERS = ["access_token", "token_type", "expires_in", "issued_token_type", "scope"]


def exchange(client, asked):
    # `server/credentials.py`, `prepare_token_exchange_request`: the request of Keycard's own servers.
    request = TokenExchangeRequest(
        subject_token=asked["subject_token"],
        resource=asked["resource"],
        subject_token_type="urn:ietf:params:oauth:token-type:access_token",
    )
    try:
        response = client.exchange_token(request)
    except OAuthProtocolError as error:
        return {"error": error.error}
    return {name: getattr(response, name) for name in MEMBERS}


def main():
    warnings.simplefilter("ignore")
    issuer, client_id, secret = sys.argv[1:]
    with Client(issuer, auth=BasicAuth(client_id, secret)) as client:
        for line in sys.stdin:
            print(json.dumps(exchange(client, json.loads(line))), flush=True)


main()
