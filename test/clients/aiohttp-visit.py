"""A visit to a gated site by aiohttp, with its own cookie jar and nothing of the wire in our hands.

Usage: aiohttp-visit.py http://127.0.0.1:PORT
Prints one line for each step: its name, the status, and the body in base64, parted by tabs.
"""

import asyncio
import base64
import json
import sys

import aiohttp
from yarl import URL

JSON = {"Accept": "application/json"}


def tell(step: str, status: int, body: bytes) -> None:
    print(step, status, base64.b64encode(body).decode(), sep="\t", flush=True)


async def visit(site: str) -> None:
    # The site is at an IP address, whose cookies the jar keeps only when it is told to.
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:

        async def ask(step: str, method: str, url: str, **more) -> bytes:
            more.setdefault("headers", JSON)
            async with session.request(method, url, **more) as answer:
                body = await answer.read()
                tell(step, answer.status, body)
                return body

        await ask("anonymous", "GET", f"{site}/account")
        flow = json.loads(await ask("flow", "GET", f"{site}/self-service/login/browser"))
        [csrf_token] = [
            node["attributes"]["value"]
            for node in flow["ui"]["nodes"]
            if node["attributes"]["name"] == "csrf_token"
        ]
        form = {
            "method": "password",
            "identifier": "demo@example.com",
            "password": "postern-demo",
            "csrf_token": csrf_token,
        }
        await ask("sign-in", "POST", flow["ui"]["action"], json=form)
        sent = jar.filter_cookies(URL(site))["ory_kratos_session"].OutputString()
        tell("cookie", 0, sent.encode())
        await ask("whoami", "GET", f"{site}/sessions/whoami")
        await ask("site-cookies", "GET", f"{site}/cookies")
        await ask("page", "GET", f"{site}/account?format=json")
        await ask("head", "HEAD", f"{site}/account")
        await ask("form", "POST", f"{site}/account?format=json", data={"a": "1", "b": "2"})
        async with session.ws_connect(f"{site}/ws") as socket:
            await socket.send_str("hello")
            tell("web-socket", 101, (await socket.receive_str()).encode())
        out = json.loads(await ask("sign-out-flow", "GET", f"{site}/self-service/logout/browser"))
        await ask("sign-out", "GET", out["logout_url"])
        await ask("signed-out", "GET", f"{site}/sessions/whoami")


asyncio.run(visit(sys.argv[1]))
