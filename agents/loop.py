"""The one asyncio loop of a worker process, in a thread beside Celery's pool.

Every stream, the flushers and all sending live on it: cancelling a task there closes the
provider's connection at once, and sections share one flush.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import uvloop

from writing.announce import use_loop

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def get_loop() -> asyncio.AbstractEventLoop:
    """The process's loop; started when first asked for."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = uvloop.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="agents-loop", daemon=True).start()
            use_loop(_loop)
        return _loop


def submit(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    """Start the coroutine on the loop; from any other thread."""
    return asyncio.run_coroutine_threadsafe(coroutine, get_loop())
