"""Makes calls of Ory's Python SDK, as they are read from standard input.

Usage: python ory_client_calls.py PUBLIC_URL ADMIN_URL ADMIN_SECRET. Each line of the input is a call, `{"api",
"method", "parameters"}` with the names of the JavaScript SDKs. Each line of the output is its answer, `{"status",
"body", "cookies"}`.
"""

import json
import re
import sys
import typing
import uuid

import ory_client

def snake(name):
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def apis(public_url, admin_url, admin_secret):
    public = ory_client.Configuration(host=public_url)
    admin = ory_client.Configuration(host=admin_url, access_token=admin_secret)
    return {
        "frontend": ory_client.FrontendApi(ory_client.ApiClient(public)),
        "identity": ory_client.IdentityApi(ory_client.ApiClient(admin)),
    }


def model_of(method, name):
    """The class of a body, which the SDK takes as a model and not as a dictionary."""
    for hint in typing.get_args(method.__annotations__[name]) + (method.__annotations__[name],):
        for kind in typing.get_args(hint) + (hint,):
            if hasattr(kind, "from_dict"):
                return kind
    raise TypeError(f"no model for {name}")


def call(api, method, parameters):
    function = getattr(api, snake(method) + "_with_http_info")
    given = {}
    for name, value in parameters.items():
        if value is None:
            continue
        name = snake(name)
        given[name] = model_of(function, name).from_dict(value) if isinstance(value, dict) else value
    try:
        answer = function(**given)
        return answer.status_code, answer.data, answer.headers
    except ory_client.ApiException as error:
        return error.status, json_or_text(error.body), error.headers


def json_or_text(text):
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text or None


def plain(value):
    if hasattr(value, "to_dict"):
        return plain(value.to_dict())
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def cookies_of(headers):
    if hasattr(headers, "getlist"):
        return list(headers.getlist("set-cookie"))
    return [value for name, value in (headers or {}).items() if name.lower() == "set-cookie"]


def main():
    sdk = apis(*sys.argv[1:4])
    for line in sys.stdin:
        asked = json.loads(line)
        status, body, headers = call(sdk[asked["api"]], asked["method"], asked["parameters"])
        answer = {"status": status, "body": plain(body), "cookies": cookies_of(headers)}
        print(json.dumps(answer), flush=True)


main()
