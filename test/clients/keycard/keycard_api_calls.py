"""Makes calls of the session methods of Keycard's Python SDK, with strict validation of all answers.

Usage: python keycard_api_calls.py BASE_URL. Each line of the input is a call, `{"client": "sync" | "async", "via":
"plain" | "raw" | "streaming", "method", "parameters", "api_key", "max_retries"}`. Each line of the output is its result
or its error. The method `whoami` reads `GET /sessions/whoami` as a session. A line without a method is answered with the
names of the session methods and of their parameters.
"""

import asyncio
import inspect
import json
import sys

import httpx
import keycardai_api
from keycardai_api.resources.zones.sessions import AsyncSessionsResource, SessionsResource
from keycardai_api.types.zones import Session

CLIENTS = {"sync": keycardai_api.KeycardAPI, "async": keycardai_api.AsyncKeycardAPI}
HEADERS = ["content-type", "retry-after", "retry-after-ms", "x-should-retry", "x-request-id"]
OF_EVERY_METHOD = {"self", "extra_headers", "extra_query", "extra_body", "timeout"}


class Caller:
    def __init__(self, base_url):
        self.base_url = base_url
        self.opened = {}
        self.loop = asyncio.new_event_loop()

    def client(self, kind, api_key, max_retries):
        """`with_options` of the SDK makes a client that is not strict."""
        key = (kind, api_key, max_retries)
        if key not in self.opened:
            self.opened[key] = CLIENTS[kind](
                base_url=self.base_url,
                api_key=api_key,
                max_retries=max_retries,
                _strict_response_validation=True,
            )
        return self.opened[key]

    def call(self, asked):
        client = self.client(asked["client"], asked["api_key"], asked["max_retries"])
        call = VIA[asked["via"]](resource_of(client, asked["method"]), asked["method"], asked["parameters"])
        try:
            return self.loop.run_until_complete(call)
        except keycardai_api.APIError as error:
            return error_of(error)


class Whoami:
    def __init__(self, client):
        self.whoami = lambda: client.get("/sessions/whoami", cast_to=Session)


def resource_of(client, method):
    return Whoami(client) if method == "whoami" else client.zones.sessions


async def finished(value):
    return await value if inspect.isawaitable(value) else value


async def plain(sessions, method, parameters):
    return {"result": result_of(await finished(getattr(sessions, method)(**parameters)))}


async def raw(sessions, method, parameters):
    response = await finished(getattr(sessions.with_raw_response, method)(**parameters))
    return await answer_of(response)


async def streaming(sessions, method, parameters):
    opened = getattr(sessions.with_streaming_response, method)(**parameters)
    if hasattr(opened, "__aenter__"):
        async with opened as response:
            return await answer_of(response)
    with opened as response:
        return await answer_of(response)


VIA = {"plain": plain, "raw": raw, "streaming": streaming}


async def answer_of(response):
    return {
        "result": result_of(await finished(response.parse())),
        "status": response.status_code,
        "headers": headers_of(response.headers),
        "retries": response.retries_taken,
    }


def result_of(value):
    if value is None:
        return None
    types = [type(item).__name__ for item in getattr(value, "items", [])]
    return {"type": type(value).__name__, "items": types, "document": value.to_dict(mode="json")}


def error_of(error):
    answer = {"error": type(error).__name__, "message": error.message}
    response = getattr(error, "response", None)
    if isinstance(response, httpx.Response):
        answer |= {"status": response.status_code, "headers": headers_of(response.headers), "body": error.body}
    return answer


def headers_of(headers):
    return {name: headers[name] for name in HEADERS if name in headers}


def public(resource):
    return {
        name: sorted(set(inspect.signature(method).parameters) - OF_EVERY_METHOD)
        for name, method in inspect.getmembers(resource, inspect.isfunction)
        if not name.startswith("_")
    }


def main():
    caller = Caller(sys.argv[1])
    for line in sys.stdin:
        asked = json.loads(line)
        answer = caller.call(asked) if "method" in asked else public(SessionsResource) | public(AsyncSessionsResource)
        print(json.dumps(answer), flush=True)


main()
