"""A process full of clients: `python -m bench.text.load` reads a `Load` as JSON and prints what its
clients saw.

The text carries the time it was sent, so that readers look for that and apply nothing: they must
not be what is slow.
"""

import asyncio
import json
import random
import re
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import psutil
import uvloop
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.text.dialects import STATUS, STEP_1, STEP_2, UPDATE, Place
from bench.text.sockets import Socket

TOKEN = re.compile(rb"\|(\d+)T(\d+);")
CONNECTIONS_AT_ONCE = 10
JOIN_SECONDS = 60.0
# For what is still under way when the measuring is over.
TRAILING_SECONDS = 3.0


@dataclass(frozen=True)
class Load:
    """`clients` open one text and the first `writers` of them write, each `rate` times a second.

    `names`: see `Place`. `cookies`: one for each client, or none. `pids`: the server's processes.
    """

    host: str
    port: int
    path: str
    names: list[str]
    clients: int
    writers: int
    rate: float
    warm_seconds: float
    seconds: float
    pids: list[int]
    cookies: list[str] = field(default_factory=list)


class Window:
    """When is measured: tokens sent in it count, whenever they arrive."""

    begin_ns = end_ns = 0

    def holds(self, sent_ns: int) -> bool:
        return self.begin_ns <= sent_ns < self.end_ns


class Client:
    """One browser: it reads, and writes if told to."""

    def __init__(self, number: int, place: Place, window: Window) -> None:
        self.number, self.place, self.window = number, place, window
        self.socket = Socket(self.take)
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.late_ms: list[float] = []
        self.saved_ms: list[float] = []
        self.sent = 0
        self._waiting: deque[int] = deque()
        self._document: Doc[XmlFragment] = Doc(client_id=random.randrange(1, 2**31))

    async def join(self, cookie: str) -> None:
        await self.socket.open(self.place.host, self.place.port, self.place.path, cookie)
        for frame in self.place.hello():
            self.socket.send(frame)
        await asyncio.wait_for(asyncio.shield(self.joined), JOIN_SECONDS)

    def take(self, frame: bytes) -> None:
        now = time.monotonic_ns()
        if self.joined.done() and (tokens := TOKEN.findall(frame)):
            for writer, sent in tokens:
                if int(writer) != self.number and self.window.holds(int(sent)):
                    self.late_ms.append((now - int(sent)) / 1e6)
            return
        read = self.place.read(frame)
        if read is None:
            return
        step, _content = read
        if step == STATUS:
            self._saved(now)
        elif step == STEP_1:
            self.socket.send(self.place.frame(STEP_2, self._document.get_update()))
            self._waiting.append(0)
        elif step == STEP_2 and not self.joined.done():
            self.joined.set_result(None)

    def _saved(self, now: int) -> None:
        sent = self._waiting.popleft()
        if self.window.holds(sent):
            self.saved_ms.append((now - sent) / 1e6)

    async def write(self, rate: float, until: float) -> None:
        """One token after the other into a paragraph of its own."""
        updates: list[bytes] = []
        subscription = self._document.observe(lambda event: updates.append(event.update))
        body = self._document.get("body", type=XmlFragment)
        text = XmlText("")
        body.children.append(XmlElement("paragraph", {}, [text]))
        began, count, length = time.monotonic() + random.random() / rate, 0, 0
        while began < until:
            await asyncio.sleep(began + count / rate - time.monotonic())
            now = time.monotonic_ns()
            if now / 1e9 >= until:
                break
            token = f"|{self.number}T{now};"
            text.insert(length, token)
            length += len(token)
            self._waiting.extend([now] * len(updates))
            for update in updates:
                self.socket.send(self.place.frame(UPDATE, update))
            updates.clear()
            self.sent += self.window.holds(now)
            count += 1
        self._document.unobserve(subscription)


async def play(load: Load) -> dict[str, Any]:
    window = Window()
    place = Place(load.host, load.port, load.path, tuple(load.names))
    clients = [Client(number, place, window) for number in range(load.clients)]
    cookies = load.cookies or [""] * load.clients
    gate = asyncio.Semaphore(CONNECTIONS_AT_ONCE)

    async def join(client: Client) -> None:
        async with gate:
            await client.join(cookies[client.number])

    await asyncio.gather(*map(join, clients))
    begin = time.monotonic() + load.warm_seconds
    end = begin + load.seconds
    window.begin_ns, window.end_ns = int(begin * 1e9), int(end * 1e9)
    writing = [
        asyncio.create_task(client.write(load.rate, end + TRAILING_SECONDS / 2))
        for client in clients[: load.writers]
    ]
    servers, own = [psutil.Process(pid) for pid in load.pids], psutil.Process()
    await asyncio.sleep(begin - time.monotonic())
    before = cpu_seconds(servers), cpu_seconds([own])
    await asyncio.sleep(end - time.monotonic())
    after = cpu_seconds(servers), cpu_seconds([own])
    await asyncio.gather(*writing)
    await asyncio.sleep(TRAILING_SECONDS)
    lost = [client.socket.closed.result() for client in clients if client.socket.closed.done()]
    for client in clients:
        client.socket.abort()
    sent = sum(client.sent for client in clients)
    return {
        "late_ms": [round(late, 2) for client in clients for late in client.late_ms],
        "saved_ms": [round(took, 2) for client in clients for took in client.saved_ms],
        "sent": sent,
        "expected": sent * (load.clients - 1),
        "closed_by_server": lost,
        "server_cpu": round((after[0] - before[0]) / load.seconds, 3),
        "load_cpu": round((after[1] - before[1]) / load.seconds, 3),
        "server_mb": round(sum(server.memory_info().rss for server in servers) / 1e6),
    }


def cpu_seconds(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(time.user + time.system for time in times)


if __name__ == "__main__":
    print(json.dumps(uvloop.run(play(Load(**json.load(sys.stdin))))))
