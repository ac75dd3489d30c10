"""A browser that does all that ours do: it holds the text, comes back after every loss of its
connection, and sends again what was not acknowledged."""

import asyncio
import random
from collections import deque
from contextlib import suppress

from pycrdt import Doc, XmlElement, XmlFragment, XmlText, merge_updates

from bench.text.dialects import NOTHING_NEW, STATUS, STEP_1, STEP_2, UPDATE, Place
from bench.text.sockets import Closed, Socket

COME_BACK_SECONDS = 0.3


class Refused(Exception):
    """The server would not take what a browser of ours sent."""


class Replica:
    """One tab. `typed` is all it ever wrote; `waiting` what it was not told is saved."""

    def __init__(self, place: Place, cookie: str = "") -> None:
        self.place, self.cookie = place, cookie
        self.typed: list[str] = []
        self.waiting: set[str] = set()
        self.returns = 0
        self.is_synced = asyncio.Event()
        self._kept: list[bytes] = []
        self._socket: Socket | None = None
        self._staying: asyncio.Task[None] | None = None
        self._begin()

    def _begin(self) -> None:
        self._document: Doc[XmlFragment] = Doc(client_id=random.randrange(1, 2**31))
        self._document.observe(lambda event: self._made.append(event.update))
        self._made: list[bytes] = []
        self._sent: deque[set[str]] = deque()
        self._text: XmlText | None = None

    # --- what its person does ---

    def arrive(self) -> None:
        self._staying = asyncio.create_task(self._stay())

    def type(self, words: str) -> None:
        """At the end of a paragraph of its own, online or not; each `words` only once."""
        with self._document.transaction():
            if self._text is None:
                self._text = XmlText("")
                body = self._document.get("body", type=XmlFragment)
                body.children.append(XmlElement("paragraph", {}, [self._text]))
            self._text.insert(len(self._text), words)
        self.typed.append(words)
        self.waiting.add(words)
        update = merge_updates(*self._made) if len(self._made) > 1 else self._made[0]
        self._made.clear()
        self._kept.append(update)
        if self.is_synced.is_set():
            with suppress(Closed):
                self._send(UPDATE, update, {words})

    def reload(self) -> None:
        """The tab is closed and opened again: of its text, what is unacknowledged was kept."""
        kept = list(self._kept)
        self._lose()
        self._begin()
        self._kept = kept

    async def leave(self) -> None:
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.gather(self._staying, return_exceptions=True)
        self._lose()

    def read(self) -> str:
        return str(self._document.get("body", type=XmlFragment))

    def check(self) -> None:
        """Raises what ended its stay, if it has ended."""
        if self._staying is not None and self._staying.done():
            self._staying.result()

    # --- the connection ---

    async def _stay(self) -> None:
        while True:
            self._socket = socket = Socket(self._take)
            try:
                await socket.open(self.place.host, self.place.port, self.place.path, self.cookie)
                for frame in self.place.hello(self._document.get_state()):
                    socket.send(frame)
                code = await socket.closed
                if 4400 <= code < 4500:
                    raise Refused(f"closed with {code}")
            except (OSError, Closed):
                pass
            self._lose()
            self.returns += 1
            await asyncio.sleep(COME_BACK_SECONDS * (1 + random.random()))

    def _lose(self) -> None:
        self.is_synced.clear()
        self._sent.clear()
        if self._socket is not None:
            self._socket.take = lambda _frame: None
            self._socket.abort()
            self._socket = None

    def _take(self, frame: bytes) -> None:
        read = self.place.read(frame)
        if read is None:
            return
        step, content = read
        if step == STATUS:
            if content != b"\x01":
                raise Refused("not saved")
            self.waiting -= self._sent.popleft()
            if not self.waiting:
                self._kept.clear()
        elif step == STEP_1:
            # Whatever it has and the server has not, new and old.
            self._apply_kept()
            self._send(STEP_2, self._document.get_update(content), set(self.waiting))
            self.is_synced.set()
        elif content != NOTHING_NEW:
            assert step in (STEP_2, UPDATE), step
            self._document.apply_update(content)
            self._made.clear()

    def _apply_kept(self) -> None:
        """After a reload: on top of what the server sent."""
        for update in self._kept:
            self._document.apply_update(update)
        self._made.clear()

    def _send(self, step: int, update: bytes, words: set[str]) -> None:
        if self._socket is not None:
            self._socket.send(self.place.frame(step, update))
            self._sent.append(words)
