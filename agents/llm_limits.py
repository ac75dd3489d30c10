"""How long a call may be silent, and how long it may take."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Self, TypeVar

from agents import llm_errors as errors
from agents.llm_types import Request

T = TypeVar("T")

# Whoever reads may be busy with what came: it is looked at again when it waits.
LATER_SECONDS = 0.1


class Limits:
    """Bounds each wait for the provider: by silence, and by the call's deadline. Bytes that say
    nothing, as sent to keep a connection open, are silence.

    One timer looks after all waits of a call; `asyncio.timeout` would cost as much for each token
    as reading it.
    """

    def __init__(self, request: Request, deadline_seconds: float, idle_seconds: float) -> None:
        self._request = request
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._deadline = self._heard_at + deadline_seconds
        self._waiting: asyncio.Task[Any] | None = None
        self._cancelling: int | None = None

    def __enter__(self) -> Self:
        self._timer = self._loop.call_at(self._ends_at, self._look)
        return self

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()

    @property
    def _ends_at(self) -> float:
        return min(self._heard_at + self._idle_seconds, self._deadline)

    def heard(self) -> None:
        """The provider said something."""
        self._heard_at = self._loop.time()

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """What it gives; raises LLMError when a limit is reached."""
        self._waiting = task = asyncio.current_task()
        try:
            return await awaitable
        except asyncio.CancelledError as error:
            # As `asyncio.timeout`: whoever else cancels the task at the same moment comes first.
            if task and self._cancelling is not None and task.uncancel() <= self._cancelling:
                raise self._error() from error
            raise
        finally:
            self._waiting = None

    def _look(self) -> None:
        now = self._loop.time()
        if now < self._ends_at or self._waiting is None:
            later = max(self._ends_at, now + LATER_SECONDS)
            self._timer = self._loop.call_at(later, self._look)
            return
        self._cancelling = self._waiting.cancelling()
        self._waiting.cancel()

    def _error(self) -> errors.LLMError:
        provider, model = self._request.provider.name, self._request.model
        if self._loop.time() >= self._deadline:
            return errors.never_ended(provider, model)
        return errors.silent(provider, model, self._idle_seconds)
