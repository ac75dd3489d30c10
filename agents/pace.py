"""How fast and how long a model answers: as it did of late, else as models usually do."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from agents.models import Call, Model, StageKind
from agents.tokens import estimate_prompt_tokens

T = TypeVar("T")

RECENT_CALLS = 200
# Fewer calls than these say little about the next one.
FEWEST_CALLS = 5
CALIBRATING_CALLS = 5


class Range(NamedTuple, Generic[T]):
    low: T
    likely: T
    high: T


USUAL_FIRST_TOKEN = Range(0.4, 1.0, 4.0)
USUAL_TOKENS_PER_SECOND = Range(15.0, 50.0, 120.0)
# The bundled model decodes on the processor.
BUNDLED_TOKENS_PER_SECOND = Range(8.0, 25.0, 60.0)
# Tokens of an answer for each word that its section is to have.
USUAL_LENGTHS: dict[str, Range[float]] = {
    StageKind.WRITE: Range(1.0, 1.4, 2.0),
    StageKind.CRITIQUE: Range(0.2, 0.5, 1.0),
    StageKind.EDIT: Range(0.1, 0.6, 1.3),
    StageKind.HARMONISE: Range(0.0, 0.05, 0.4),
}
# Of our own count of a prompt's tokens, which is on the safe side.
USUAL_PROMPT_SHARE = 0.85


@dataclass(frozen=True)
class Pace:
    """Seconds until the first token, tokens a second, tokens of an answer per word by kind of step,
    which share of a prompt comes from the cache, and of our own count which share it really has."""

    first_token: Range[float]
    tokens_per_second: Range[float]
    lengths: dict[str, Range[float]]
    cached_share: dict[str, float]
    prompt_share: float


def pace_of(model: Model, language: str) -> Pace:
    """From the model's recent calls; lengths from those for documents in this language."""
    calls = list(
        Call.objects.filter(model=model, estimated=False)
        .order_by("-created_at")
        .values_list(
            "attempt__step__kind",
            "attempt__step__section__target_words",
            "run__document__language",
            "prompt_tokens",
            "cached_tokens",
            "completion_tokens",
            "first_token_seconds",
            "seconds",
            named=True,
        )[:RECENT_CALLS]
    )
    usual_speed = (
        BUNDLED_TOKENS_PER_SECOND if model.provider.is_bundled else USUAL_TOKENS_PER_SECOND
    )
    firsts = [call.first_token_seconds for call in calls if call.first_token_seconds is not None]
    speeds = [
        call.completion_tokens / (call.seconds - call.first_token_seconds)
        for call in calls
        if call.first_token_seconds is not None and call.seconds > call.first_token_seconds
    ]
    lengths = dict(USUAL_LENGTHS)
    cached: dict[str, float] = {}
    for kind in USUAL_LENGTHS:
        alike = [call for call in calls if call.attempt__step__kind == kind]
        words = [
            call.completion_tokens / call.attempt__step__section__target_words
            for call in alike
            if call.run__document__language == language
            and call.attempt__step__section__target_words
        ]
        lengths[kind] = _spread(words, lengths[kind])
        if len(alike) >= FEWEST_CALLS and (asked := sum(call.prompt_tokens for call in alike)):
            cached[kind] = sum(call.cached_tokens for call in alike) / asked
    return Pace(
        _spread(firsts, USUAL_FIRST_TOKEN),
        _spread(speeds, usual_speed),
        lengths,
        cached,
        _prompt_share(model),
    )


def _spread(values: Sequence[float], usual: Range[float]) -> Range[float]:
    """The middle of what was observed, and what nine of ten were above and below."""
    if len(values) < FEWEST_CALLS:
        return usual
    tenths = statistics.quantiles(values, n=10, method="inclusive")
    return Range(tenths[0], statistics.median(values), tenths[-1])


def _prompt_share(model: Model) -> float:
    """What the provider counted of what we count for the same prompts."""
    calls = Call.objects.filter(model=model, estimated=False, prompt_tokens__gt=0)
    known = calls.order_by("-created_at").values_list("prompt_tokens", "attempt__messages")
    shares = [
        counted / estimate_prompt_tokens(messages)
        for counted, messages in known[:CALIBRATING_CALLS]
        if messages
    ]
    return statistics.median(shares) if len(shares) >= FEWEST_CALLS else USUAL_PROMPT_SHARE
