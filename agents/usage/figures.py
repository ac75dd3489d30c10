"""Figures that add up: sums of calls, of attempts and of decisions, and what follows from them."""

from dataclasses import dataclass, fields
from decimal import Decimal


@dataclass(slots=True)
class Figures:
    """Sums, so that those of two groups added are those of both; `None` is "nothing to go by"."""

    calls: int = 0
    cost: Decimal = Decimal(0)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    # Of calls that said something: how long until they did, how many, and what they said after it.
    first_token_seconds: float = 0
    answered_calls: int = 0
    answered_tokens: int = 0
    answering_seconds: float = 0
    # Of attempts that ended: how many, how many of them failed; how long those that waited did.
    attempts: int = 0
    failures: int = 0
    waited_seconds: float = 0
    waits: int = 0
    # Of suggestions of agents, those that somebody decided, by the day of the decision.
    decided: int = 0
    accepted: int = 0

    def add(self, other: "Figures") -> None:
        for name in SUMS:
            if more := getattr(other, name):
                setattr(self, name, getattr(self, name) + more)

    @property
    def is_empty(self) -> bool:
        return not (self.calls or self.attempts or self.decided)

    @property
    def uncached_tokens(self) -> int:
        return max(self.prompt_tokens - self.cached_tokens, 0)

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    @property
    def cached_share(self) -> float | None:
        return self.cached_tokens / self.prompt_tokens if self.prompt_tokens else None

    @property
    def first_token(self) -> float | None:
        """Seconds, on average."""
        return self.first_token_seconds / self.answered_calls if self.answered_calls else None

    @property
    def tokens_per_second(self) -> float | None:
        """Of an answer, since its first token."""
        if self.answering_seconds <= 0:
            return None
        return self.answered_tokens / self.answering_seconds

    @property
    def queue_wait(self) -> float | None:
        """Seconds, on average, from a step's being ready to a worker's taking it."""
        return self.waited_seconds / self.waits if self.waits else None

    @property
    def failed_share(self) -> float | None:
        return self.failures / self.attempts if self.attempts else None

    @property
    def acceptance(self) -> float | None:
        return self.accepted / self.decided if self.decided else None


SUMS = tuple(field.name for field in fields(Figures))
