"""Asking a model on behalf of a step or a trial, and the record of what it cost."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from agents import budget, llm, metrics
from agents.gathering import Gathering
from agents.models import Call, Model, Role
from agents.schedule import Account
from agents.tokens import estimate_prompt_tokens, estimate_tokens
from agents.turns import write_in_database

# Between looks whether calls under way have given back some of what they reserved.
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0


class Asker(Protocol):
    """On whose behalf a model is asked; its account keeps what came of it."""

    account: Account
    gathering: Gathering

    @property
    def role(self) -> Role: ...
    @property
    def model(self) -> Model: ...
    @property
    def is_batch(self) -> bool: ...

    def new_call(self) -> Call:
        """Unsaved, with what it counts for."""
        ...


class Question:
    """One call to the asker's model. `reason` says how a complete answer ended."""

    def __init__(
        self,
        asker: Asker,
        messages: Sequence[llm.Message],
        *,
        max_tokens: int | None = None,
        schema: Mapping[str, Any] | None = None,
        on_first_token: Callable[[], None],
    ) -> None:
        role, model = asker.role, asker.model
        self._asker = asker
        self._on_first_token = on_first_token
        self._request = llm.Request(
            provider=llm.spec_of(model.provider),
            model=model.name,
            messages=messages,
            max_tokens=llm.clamp_max_tokens(
                messages, min(role.max_tokens, max_tokens or role.max_tokens), model.context_tokens
            ),
            temperature=role.temperature,
            schema=schema,
            is_batch=asker.is_batch,
        )
        self._is_accepted = False
        self.reason: str | None = None

    async def answer(self) -> AsyncGenerator[str, None]:
        """The answer's pieces as they arrive; raises LLMError, LimitReached among them. To be read
        within `aclosing`."""
        account, usage = self._asker.account, None
        account.messages = list(self._request.messages)
        call = await self._reserve()
        start = time.monotonic()
        pieces: list[str] = []
        events = llm.stream(
            self._request,
            deadline_seconds=settings.ANSWER_SECONDS,
            idle_seconds=settings.SILENCE_SECONDS,
            on_accept=self._accept,
            gathering=self._asker.gathering,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    match event:
                        case llm.FirstToken():
                            start = time.monotonic() - event.seconds
                            call.first_token_seconds = event.seconds
                            account.first_token_at = account.first_token_at or timezone.now()
                            self._on_first_token()
                        case llm.Delta(text=text):
                            pieces.append(text)
                            yield text
                        case llm.Usage():
                            usage = event
                        case llm.Finished(reason=reason):
                            self.reason = reason
                            # Here, since the step may finish before this iterator is closed.
                            self._record(call, "".join(pieces), usage, time.monotonic() - start)
        finally:
            if self.reason is None and self._is_accepted:
                self._record(call, "".join(pieces), usage, time.monotonic() - start)

    def _accept(self) -> None:
        self._is_accepted = True

    async def _reserve(self) -> Call:
        """The call's row, for the record when the attempt ends; raises LimitReached."""
        model, call = self._asker.model, self._asker.new_call()
        if not budget.is_priced(model):
            return call
        request = self._request
        call.reserved = budget.largest_cost(
            model, request.messages, request.max_tokens, request.schema
        )
        # Whoever settles it after this process is gone has only this.
        call.prompt_tokens = estimate_prompt_tokens(request.messages)
        pause = SHORTEST_PAUSE_SECONDS
        while not await self._take(call):
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 (no secret)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return call

    async def _take(self, call: Call) -> bool:
        """Reserve; False while other calls hold what the limits still allow."""
        account = self._asker.account
        taking = asyncio.ensure_future(
            write_in_database(budget.reserve, call, settled=account.calls)
        )
        try:
            await asyncio.shield(taking)
        except budget.RoomTaken:
            return False
        finally:
            # A cancelled attempt gives back what it took, so it must know whether it took it.
            await asyncio.wait([taking])
            if taking.exception() is None:
                account.calls, call.prompt_tokens = [call], 0
        return True

    def _record(self, call: Call, answer: str, usage: llm.Usage | None, seconds: float) -> None:
        account = self._asker.account
        counted = usage or llm.Usage(
            estimate_prompt_tokens(self._request.messages),
            0,
            min(estimate_tokens(answer), self._request.max_tokens),
        )
        account.answer = answer
        call.prompt_tokens = counted.prompt_tokens
        call.cached_tokens = counted.cached_tokens
        call.completion_tokens = counted.completion_tokens
        call.estimated = usage is None
        call.cost = budget.cost_of(self._asker.model, counted)
        call.seconds = seconds
        metrics.called(call)
        if call not in account.calls:
            account.calls.append(call)
