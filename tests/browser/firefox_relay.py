#!/usr/bin/env python3
"""Firefox for Playwright, which starts this in its place, and a second way in for the tests.

Playwright drives an unpatched Firefox by WebDriver BiDi, but asks for each context a command that
Firefox 153 (ESR) does not have yet: it is told that all is well. And Firefox has one session at a
time, while an input method can only be played from its own scripts, which Playwright does not
reach: whoever connects later shares the session.

https://w3c.github.io/webdriver-bidi/
"""

import asyncio
import json
import os
import re
import sys
from itertools import count

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
MAY_BE_MISSING = "emulation.setMediaFeaturesOverride"


async def relay(address: str) -> None:
    numbers = count(1)
    asked: dict[int, tuple[ServerConnection, int, str]] = {}
    clients: list[ServerConnection] = []
    async with connect(f"{address}/session", max_size=None) as firefox:

        async def ask(client: ServerConnection) -> None:
            clients.append(client)
            async for sent in client:
                command = json.loads(sent)
                number = next(numbers)
                asked[number] = client, command["id"], command["method"]
                await firefox.send(json.dumps(command | {"id": number}))

        port = int(os.environ["RELAY_PORT"])
        async with serve(ask, "127.0.0.1", port, max_size=None):
            print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", flush=True)
            async for sent in firefox:
                answer = json.loads(sent)
                if answer.get("id") is None:
                    # Events are for Playwright, which came first.
                    await clients[0].send(sent)
                    continue
                client, number, method = asked.pop(answer["id"])
                if method == MAY_BE_MISSING and answer.get("error") == "unknown command":
                    answer = {"type": "success", "result": {}}
                await client.send(json.dumps(answer | {"id": number}))


async def main() -> None:
    firefox = await asyncio.create_subprocess_exec(
        os.environ["FIREFOX"], *sys.argv[1:], stderr=asyncio.subprocess.PIPE
    )
    assert firefox.stderr
    async for line in firefox.stderr:
        if found := LISTENING.search(line.decode()):
            await relay(found[1])
        else:
            sys.stderr.buffer.write(line)
            sys.stderr.flush()
    await firefox.wait()


if __name__ == "__main__":
    asyncio.run(main())
