"""A provider's limits of calls and tokens a minute, kept by all workers together through Redis.

While Redis is away each process keeps them by itself.
"""

import asyncio
import logging
import random
import time
from collections import defaultdict
from contextlib import AsyncExitStack
from typing import Any
from weakref import WeakKeyDictionary

import redis.asyncio
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import (
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)
from limits.errors import StorageError

from agents.llm_types import Request
from agents.tokens import estimate_prompt_tokens

logger = logging.getLogger(__name__)

MINUTE_SECONDS = 60
REDIS_SECONDS = 1.0
AWAY_SECONDS = 10.0
# Another worker may give up its turn, or Redis forget: nobody sleeps longer than this.
LONGEST_SLEEP_SECONDS = 5.0


class _Line:
    """Who waits for one provider here: the first asks, the others stand behind. Of batches only
    one stands in line, so that whoever a person waits for is soon at the front."""

    def __init__(self) -> None:
        self.front = asyncio.Lock()
        self.batches = asyncio.Lock()


class _Windows:
    """The last minute of every provider, as one storage remembers it."""

    def __init__(self, storage: Storage) -> None:
        self.calls = MovingWindowRateLimiter(storage)
        # A moving window would keep an entry for each single token.
        self.tokens = SlidingWindowCounterRateLimiter(storage)


class _Meter:
    """The limits as one event loop keeps them."""

    def __init__(self) -> None:
        self.lines: defaultdict[str, _Line] = defaultdict(_Line)
        self.pool = redis.asyncio.ConnectionPool.from_url(
            settings.REDIS_URL,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
        )
        options: dict[str, Any] = {"connection_pool": self.pool, "wrap_exceptions": True}
        self._shared = _Windows(RedisStorage("redis://", implementation="redispy", **options))
        self._own = _Windows(MemoryStorage())
        self._away_until = float("-inf")

    async def take(self, what: str, key: str, limit: int, cost: int) -> float:
        """Take so much of the minute's `calls` or `tokens`; else the seconds until there may be
        room, and nothing is taken."""
        item, cost = RateLimitItemPerSecond(limit, MINUTE_SECONDS), min(cost, limit)
        if time.monotonic() >= self._away_until:
            try:
                return await _take(getattr(self._shared, what), item, f"{key}:{what}", cost)
            except StorageError as error:
                if self._away_until < 0:
                    logger.warning("Redis is away, limits a minute hold per process: %s", error)
                self._away_until = time.monotonic() + AWAY_SECONDS
        return await _take(getattr(self._own, what), item, f"{key}:{what}", cost)


async def _take(limiter: RateLimiter, item: RateLimitItem, key: str, cost: int) -> float:
    if await limiter.hit(item, key, cost=cost):
        return 0
    stats = await limiter.get_window_stats(item, key)
    return min(max(stats.reset_time - time.time(), 0.01), LONGEST_SLEEP_SECONDS)


_meters: WeakKeyDictionary[asyncio.AbstractEventLoop, _Meter] = WeakKeyDictionary()


async def wait_for_turn(request: Request) -> None:
    """Returns when the provider's limits allow the call; for one without limits at once."""
    spec = request.provider
    wanted = {"calls": (spec.calls_per_minute, 1)}
    if spec.tokens_per_minute:
        tokens = estimate_prompt_tokens(request.messages) + request.max_tokens
        wanted["tokens"] = (spec.tokens_per_minute, tokens)
    elif not spec.calls_per_minute:
        return
    meter = _meters.setdefault(asyncio.get_running_loop(), _Meter())
    line = meter.lines[spec.slug]
    async with AsyncExitStack() as stack:
        if request.is_batch:
            await stack.enter_async_context(line.batches)
        await stack.enter_async_context(line.front)
        for what, (limit, cost) in wanted.items():
            while limit and (seconds := await meter.take(what, spec.slug, limit, cost)):
                # Jittered: the other workers wait for the same moment.
                await asyncio.sleep(seconds * random.uniform(1, 1.1))  # noqa: S311


async def close() -> None:
    """Close this loop's connections."""
    if meter := _meters.pop(asyncio.get_running_loop(), None):
        await meter.pool.disconnect()
