"""Writing transactions of one event loop, one after another where the database takes only one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import connection

from writing.database import in_database

P = ParamSpec("P")
T = TypeVar("T")

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    if connection.vendor != "sqlite":
        yield
        return
    async with _locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        yield


async def write_in_database(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """As `in_database`, for what writes.

    SQLite lets in one writer at a time; who waits for it polls with pauses of many milliseconds
    and is overtaken. Waiting here is fair and ends at once.
    """
    async with _turn():
        return await in_database(func, *args, **kwargs)
