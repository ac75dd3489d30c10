"""How many requests a minute one person's programs may make.

Counted by all web processes together through Redis; while that is away, each counts by itself.
"""

import logging
import time
from functools import cache
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from limits import RateLimitItemPerMinute
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from writing.exceptions import TooMany

logger = logging.getLogger(__name__)

REDIS_SECONDS = 0.5
AWAY_SECONDS = 10.0


class _Meter:
    def __init__(self) -> None:
        pool = redis.ConnectionPool.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        )
        options: dict[str, Any] = {"connection_pool": pool, "wrap_exceptions": True}
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._options = options
        self._shared: SlidingWindowCounterRateLimiter | None = None
        self._away_until = float("-inf")

    def hit(self, key: str, most: int) -> bool:
        """Count one more; False if that is too many."""
        item = RateLimitItemPerMinute(most)
        if time.monotonic() >= self._away_until:
            try:
                return self._of_all().hit(item, key)
            except (StorageError, redis.RedisError) as error:
                if self._away_until < 0:
                    logger.warning("Redis is away, requests are counted per process: %s", error)
                self._away_until = time.monotonic() + AWAY_SECONDS
        return self._own.hit(item, key)

    def _of_all(self) -> SlidingWindowCounterRateLimiter:
        if self._shared is None:  # connects
            storage = RedisStorage("redis://", **self._options)
            self._shared = SlidingWindowCounterRateLimiter(storage)
        return self._shared


@cache
def _meter() -> _Meter:
    return _Meter()


def count_request(user_id: int) -> None:
    """Raises TooMany when there were too many within the last minute."""
    if not _meter().hit(f"api:{user_id}", settings.API_REQUESTS_PER_MINUTE):
        raise TooMany(
            _("More than %(most)s requests a minute are too many. Wait, then go on more slowly.")
            % {"most": settings.API_REQUESTS_PER_MINUTE}
        )
