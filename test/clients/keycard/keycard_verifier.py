"""Gives tokens to Keycard's own verifier (`keycardai.oauth.server.verifier.TokenVerifier`).

Usage: python keycard_verifier.py SITE. SITE is JSON, `{"zones": [{"issuer", "algorithms"}], "audiences": [...]}`. A
`TokenVerifier` takes one audience, so the site has one for each zone and audience, and accepts a token that any of them
accepts. Each line of the input is a token as a JSON string. Each line of the output is the verdict: `{"accepted": true,
"concluded": {...}}` or `{"accepted": false, "refusals": [...]}`.
"""

import asyncio
import json
import sys
import warnings

from keycardai.oauth.exceptions import InvalidTokenError, JWKSKeyNotFoundError
from keycardai.oauth.server.verifier import TokenVerifier

CONCLUDED = ["sub", "client_id", "scopes", "expires_at", "sub_profile", "keycard_app_id"]


def verifiers(site):
    return [
        TokenVerifier(zone["issuer"], allowed_algorithms=zone["algorithms"], audience=audience)
        for zone in site["zones"]
        for audience in site["audiences"]
    ]


async def verdict(site, token):
    refusals = []
    for verifier in site:
        # The verifier remembers the algorithm of a key by the token that asked for it first.
        verifier.clear_cache()
        try:
            access = await verifier.verify_token(token)
        except Exception as error:
            # Keycard's middleware answers 401 for these two classes. Any other error is a 500 or 503 there, and no
            # request passes.
            kind = "" if isinstance(error, (InvalidTokenError, JWKSKeyNotFoundError)) else "fault: "
            refusals.append(f"{kind}{type(error).__name__}: {error}"[:200])
        else:
            return {"accepted": True, "concluded": {name: getattr(access, name) for name in CONCLUDED}}
    return {"accepted": False, "refusals": sorted(set(refusals))}


async def main():
    warnings.simplefilter("ignore")
    site = verifiers(json.loads(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(await verdict(site, json.loads(line))), flush=True)


asyncio.run(main())
