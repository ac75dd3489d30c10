"""A peer of the fuzz: a replica, its connection, and a network that shuffles, repeats and drops."""

import asyncio
import random
from contextlib import suppress
from functools import partial

from bench.fuzz.texts import Text
from bench.text.dialects import STATUS, STEP_1, STEP_2, UPDATE, Place
from bench.text.sockets import Closed, Socket

# Of what arrives or is sent.
HELD, REPEATED = 0.1, 0.05
MOST_HELD = 6
COME_BACK_SECONDS = 0.2


class Wrong(Exception):
    """What must never happen; the message says what it was."""


def ended(frames: "asyncio.Queue[bytes | None]", _code: "asyncio.Future[int]") -> None:
    frames.put_nowait(None)


class Peer:
    """`unsaved` counts what was sent on this connection and not acknowledged yet.

    Only a `shuffled` one is given updates in another order than they were sent in: pycrdt loses
    text of updates that come before what they build upon, so it must never be; nor is it by us.
    """

    def __init__(
        self, text: Text, place: Place, cookie: str, chance: random.Random, *, shuffled: bool
    ) -> None:
        self.text, self.place, self.cookie, self.chance = text, place, cookie, chance
        self.is_shuffled = shuffled
        self.unsaved = 0
        self.returns = 0
        self.is_synced = asyncio.Event()
        self._is_wanted = asyncio.Event()
        self._held: list[bytes] = []
        self._socket: Socket | None = None
        self._staying: asyncio.Task[None] | None = None

    async def arrive(self) -> None:
        await self.text.begin(self.chance.randrange(1, 2**31))
        self._is_wanted.set()
        self._staying = asyncio.create_task(self._stay())

    async def leave(self) -> None:
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)

    def check(self) -> None:
        """Raises what ended its stay."""
        if self._staying is not None and self._staying.done():
            self._staying.result()

    async def edit(self, operations: int, most_blocks: int) -> None:
        """Shown to the server if there is a connection; else with the next handshake."""
        socket, synced = self._socket, self.is_synced.is_set()
        update = await self.text.edit(self.chance.randrange(2**31), operations, most_blocks)
        if update is not None and synced and socket is self._socket:
            for _ in range(2 if self.chance.random() < REPEATED else 1):
                self._send(UPDATE, update)

    def go(self) -> None:
        """Whatever was under way is dropped, both ways; the peer edits on without a connection."""
        self._is_wanted.clear()
        if self._socket is not None:
            self._socket.abort()

    def come(self) -> None:
        self._is_wanted.set()

    async def settle(self) -> None:
        """Takes what the network still holds."""
        held, self._held = self._held, []
        self.chance.shuffle(held)
        for update in held:
            await self.text.apply(update)

    async def _stay(self) -> None:
        while True:
            await self._is_wanted.wait()
            frames: asyncio.Queue[bytes | None] = asyncio.Queue()
            self._socket = socket = Socket(frames.put_nowait)
            try:
                await socket.open(self.place.host, self.place.port, self.place.path, self.cookie)
                socket.closed.add_done_callback(partial(ended, frames))
                for frame in self.place.hello(await self.text.state()):
                    socket.send(frame)
                while (arrived := await frames.get()) is not None:
                    await self._take(arrived)
                if 4400 <= (code := socket.closed.result()) < 4500:
                    raise Wrong(f"a legal peer was refused with {code}")
            except (OSError, Closed):
                pass
            finally:
                self.is_synced.clear()
                self._socket, self.unsaved = None, 0
                self._held.clear()
                socket.abort()
            self.returns += 1
            await asyncio.sleep(COME_BACK_SECONDS)

    async def _take(self, frame: bytes) -> None:
        read = self.place.read(frame)
        if read is None:
            return
        step, content = read
        if step == STATUS:
            if content != b"\x01":
                raise Wrong("an update was not saved")
            self.unsaved -= 1
        elif step == STEP_1:
            update = await self.text.diff(content)
            self._send(STEP_2, update)
            self.is_synced.set()
            # Edits made while Yjs looked for the difference.
            missed = await self.text.diff(content)
            if missed != update:
                self._send(UPDATE, missed)
        elif step == STEP_2 or not self.is_shuffled or self.chance.random() > HELD:
            for _ in range(2 if self.chance.random() < REPEATED else 1):
                await self.text.apply(content)
        else:
            self._held.append(content)
            if len(self._held) > MOST_HELD:
                await self.settle()

    def _send(self, step: int, update: bytes) -> None:
        if self._socket is not None:
            with suppress(Closed):
                self._socket.send(self.place.frame(step, update))
                self.unsaved += 1
