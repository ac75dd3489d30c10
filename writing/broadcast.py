"""Saved updates on their way to the browsers that have a text open here."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from pycrdt import merge_updates

Author = TypeVar("Author")

# After showing something, twice as long for everything else: a hundred writers before a hundred
# readers would otherwise keep the event loop busy with frames, and nothing would be saved.
REST = 2.0


class Broadcast(Generic[Author]):
    """Shows updates at once where there is little to do, and merges them where there is much.

    `send` is given the text's name, the update (Yjs v1), and the one who knows it already, if all
    of it is by one author; others get their own words once more, which changes nothing.
    """

    def __init__(self, send: Callable[[str, bytes, Author | None], Awaitable[None]]) -> None:
        self._send = send
        self._waiting: defaultdict[str, list[tuple[bytes, Author | None]]] = defaultdict(list)
        self._sending: asyncio.Task[None] | None = None

    def add(self, name: str, update: bytes, author: Author | None = None) -> None:
        self._waiting[name].append((update, author))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_all(), name="updates are shown")

    def close(self) -> None:
        if self._sending is not None:
            self._sending.cancel()

    async def _send_all(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, defaultdict(list)
            began = time.monotonic()
            for name, items in waiting.items():
                updates = [update for update, _author in items]
                merged = updates[0] if len(updates) == 1 else merge_updates(*updates)
                authors = {author for _update, author in items}
                await self._send(name, merged, authors.pop() if len(authors) == 1 else None)
            await asyncio.sleep(REST * (time.monotonic() - began))
