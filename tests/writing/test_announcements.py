"""What is told to other processes waits for Redis, and nothing waits for it."""

import asyncio
import uuid
from collections.abc import Sequence

import pytest

from writing import announce
from writing.announce import Announcements, SavedItem

DOCUMENT = uuid.uuid4()


class SlowRedis:
    """Takes a message when it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[list[int]] = []
        self.ready = asyncio.Event()
        monkeypatch.setattr(announce, "announce_text", self._tell)

    async def _tell(self, document_id: uuid.UUID, items: Sequence[SavedItem]) -> None:
        assert document_id == DOCUMENT
        self.told.append([seq for _name, seq, _last, _data in items])
        await self.ready.wait()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.told) < count:
                await asyncio.sleep(0)


def saved(*seqs: int) -> list[SavedItem]:
    return [("section", seq, seq, b"update") for seq in seqs]


async def test_what_comes_while_redis_is_slow_goes_together_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    redis, announcements = SlowRedis(monkeypatch), Announcements(DOCUMENT)
    announcements.add(saved(1))
    await redis.until(1)
    for seq in (2, 3, 4):
        announcements.add(saved(seq))
    redis.ready.set()
    await redis.until(2)
    announcements.add(saved(5))
    await redis.until(3)
    assert redis.told == [[1], [2, 3, 4], [5]]


async def test_what_waits_too_long_is_left_to_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announce, "MOST_WAITING", 3)
    redis, announcements = SlowRedis(monkeypatch), Announcements(DOCUMENT)
    announcements.add(saved(1))
    await redis.until(1)
    for seq in range(2, 7):
        announcements.add(saved(seq))
    redis.ready.set()
    await redis.until(2)
    assert redis.told == [[1], [6]]
