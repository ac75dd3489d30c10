"""Database work of long-lived event loops: the socket's hub and the worker's streams."""

import asyncio
import contextvars
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")

# Each query lets go of the interpreter, and waits so long to get it back from a busy event loop:
# with Python's own 5 ms ten queries in a row take a twentieth of a second and more.
sys.setswitchinterval(0.0005)

# Each thread keeps its connection: opening one for every save would cost more than the save.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="database")


def _call(func: Callable[[], T]) -> T:
    try:
        return func()
    except (OperationalError, InterfaceError):
        connections.close_all()  # of this thread; the next call opens a fresh one
        raise


async def in_database(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `func` in a database thread of this process, away from the event loop."""
    context = contextvars.copy_context()
    bound = partial(func, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(
        _threads, partial(context.run, _call, bound)
    )
