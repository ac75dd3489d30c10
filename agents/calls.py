"""Asking a model on behalf of a step, and the record of what it cost."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from agents import llm
from agents.models import Call, Model
from agents.tokens import estimate_prompt_tokens, estimate_tokens
from agents.work import Work

PRICED_TOKENS = 1_000_000


def cost_of(model: Model, usage: llm.Usage) -> Decimal:
    fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
    return (
        fresh * model.input_price
        + usage.cached_tokens * model.cached_price
        + usage.completion_tokens * model.output_price
    ) / PRICED_TOKENS


class Question:
    """One call to the step's model. `reason` says how a complete answer ended."""

    def __init__(
        self,
        work: Work,
        messages: Sequence[llm.Message],
        *,
        max_tokens: int | None = None,
        schema: Mapping[str, Any] | None = None,
        on_first_token: Callable[[], None],
    ) -> None:
        role, model = work.role, work.claim.model
        self._work = work
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
        )
        self.reason: str | None = None

    async def answer(self) -> AsyncGenerator[str, None]:
        """The answer's pieces as they arrive; raises LLMError. To be read within `aclosing`."""
        account, usage, start = self._work.account, None, time.monotonic()
        account.messages = list(self._request.messages)
        pieces: list[str] = []
        events = llm.stream(
            self._request,
            deadline_seconds=settings.ANSWER_SECONDS,
            idle_seconds=settings.SILENCE_SECONDS,
        )
        try:
            async with aclosing(events):
                async for event in events:
                    match event:
                        case llm.FirstToken():
                            start = time.monotonic() - event.seconds
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
                            self._record("".join(pieces), usage, time.monotonic() - start)
        finally:
            if self.reason is None and (pieces or usage):
                self._record("".join(pieces), usage, time.monotonic() - start)

    def _record(self, answer: str, usage: llm.Usage | None, seconds: float) -> None:
        claim, account = self._work.claim, self._work.account
        counted = usage or llm.Usage(
            estimate_prompt_tokens(self._request.messages), 0, estimate_tokens(answer)
        )
        account.answer = answer
        account.calls.append(
            Call(
                run=self._work.run,
                attempt=claim.attempt,
                model=claim.model,
                prompt_tokens=counted.prompt_tokens,
                cached_tokens=counted.cached_tokens,
                completion_tokens=counted.completion_tokens,
                estimated=usage is None,
                cost=cost_of(claim.model, counted),
                seconds=seconds,
            )
        )
