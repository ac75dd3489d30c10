"""What becomes of a step whose attempt failed: it is tried again, goes on with another model, or
fails."""

import random
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from agents import breaker, schedule
from agents.choice import notice_of, stood_in_for
from agents.llm_errors import Endless, LLMError, ProviderDown, Retryable, Terminal
from agents.models import Model
from agents.schedule import Account, Claim

LONGEST_PAUSE_SECONDS = 60.0
MOST_DOUBLINGS = 10


def after_failure(claim: Claim, account: Account, error: LLMError) -> float | None:
    """Decide, and do it; gives the seconds the step rests if it is tried again after a rest."""
    if isinstance(error, ProviderDown):
        breaker.failed(claim.model.provider_id, error.message)
    seconds = _pause(claim, error)
    if seconds is not None:
        schedule.release(claim, account, error=error.message, after_seconds=seconds)
    elif found := _fallback(claim, error):
        step, (number, fallback) = claim.step, found
        step.fallback_number, step.retries, step.failing_since = number, 0, None
        step.notice = notice_of(step, fallback, error.message)
        schedule.release(claim, account, error=error.message)
    else:
        schedule.fail(claim, error.message, account)
    return seconds


def _pause(claim: Claim, error: LLMError) -> float | None:
    """The seconds until the next attempt; None: the same model has been tried enough."""
    step, now = claim.step, timezone.now()
    if claim.attempt.chunks.exists():
        # It got further than before: this failure is the first in a row.
        step.retries, step.failing_since = 0, None
    step.failing_since = step.failing_since or now
    # What only stands in must not end, by its own failure, what only had to wait.
    is_worth_it = isinstance(error, Retryable) or stood_in_for(step, claim.model)
    if not is_worth_it or _is_as_before(claim, error):
        return None
    # Jittered, so that many sections refused at once do not come back at once.
    pause = settings.RETRY_SECONDS * 2 ** min(step.retries, MOST_DOUBLINGS)
    pause = min(pause, LONGEST_PAUSE_SECONDS) * random.uniform(0.75, 1.25)  # noqa: S311
    asked_for = error.retry_after if isinstance(error, Retryable) else None
    seconds = max(pause, (asked_for or 0) * random.uniform(1, 1.1))  # noqa: S311
    ends_at = step.failing_since + timedelta(seconds=settings.STEP_SECONDS)
    return seconds if now + timedelta(seconds=seconds) <= ends_at else None


def _is_as_before(claim: Claim, error: LLMError) -> bool:
    """Whether it went wrong in just this way as often as makes sense: in a row, since what failed
    otherwise in between says nothing of the model's answers."""
    most = error.most_retries if isinstance(error, Retryable) else None
    if most is None or claim.step.retries < most:
        return False
    before = claim.step.attempts.filter(number__lt=claim.attempt.number).order_by("-number")
    return list(before.values_list("error", flat=True)[:most]) == [error.message] * most


def _fallback(claim: Claim, error: LLMError) -> tuple[int, Model] | None:
    """The next fallback model that has not been tried, and its number, if it could do better."""
    if not isinstance(error, Retryable | Terminal) or isinstance(error, Endless):
        return None
    tried = claim.step.fallback_number
    return next(
        (
            (number, model)
            for number, model in enumerate(claim.step.role.fallbacks, 1)
            if number > tried and model.pk != claim.model.pk
        ),
        None,
    )
