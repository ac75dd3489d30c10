"""Lets tokens gather while answers are read: that costs the event loop the same for one token as
for several. The more streams a process holds, the longer, so that all are read in time; a few are
read at once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

FEW_STREAMS = 16
SECONDS_PER_STREAM = 0.0006
# For who holds hundreds; the flusher calls in before each flush.
LONGEST_SECONDS = 0.25

_streams = 0


@contextmanager
def counted() -> Iterator[None]:
    """One more stream is read in this process."""
    global _streams
    _streams += 1
    try:
        yield
    finally:
        _streams -= 1


class Gathering:
    """One answer's."""

    def __init__(self) -> None:
        self._waiting: asyncio.Future[None] | None = None

    @property
    def is_waiting(self) -> bool:
        return self._waiting is not None

    async def wait(self) -> None:
        """Return when it is time to read again."""
        if _streams <= FEW_STREAMS:
            return
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = loop.call_later(min(_streams * SECONDS_PER_STREAM, LONGEST_SECONDS), self.call_in)
        try:
            await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    def call_in(self) -> None:
        """What has gathered is wanted now; whoever waits reads it when the loop turns."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
