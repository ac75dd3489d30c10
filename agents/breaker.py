"""The circuit breaker of a provider: who is down is left alone, and tried by one step at a time.

Its state is in the provider's row, so that every worker knows. Closed: `open_until` is empty. Open:
it lies ahead, and there are no slots (see `agents.slots`). When it has passed there is one: whoever
gets it tries for all the others. Its first token closes the circuit; if it fails, or says nothing,
the others wait on. A circuit that is closed costs no query.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from agents.models import Provider, Step, StepState
from agents.slots import pass_on
from agents.wakes import wake

logger = logging.getLogger(__name__)

FAILURES_TO_OPEN = 5

# Providers that this process saw failing: their next success is news, whatever was read before.
_failing: set[int] = set()


def failed(provider_id: int, problem: str) -> None:
    """A call failed in a way that speaks of the provider."""
    _failing.add(provider_id)
    now = timezone.now()
    with transaction.atomic():
        provider = Provider.objects.select_for_update().filter(pk=provider_id).first()
        if provider is None:  # deleted meanwhile
            return
        provider.last_problem = problem
        # It does not count further: one success, or a person, must do to close it.
        provider.failures_in_a_row = min(provider.failures_in_a_row + 1, FAILURES_TO_OPEN)
        if provider.failures_in_a_row == FAILURES_TO_OPEN:
            provider.open_since = provider.open_since or now
            provider.open_until = now + timedelta(seconds=settings.CIRCUIT_SECONDS)
            logger.warning("The circuit of %s is open: %s", provider.slug, problem)
            transaction.on_commit(lambda: _send_elsewhere(provider_id), robust=True)
        provider.save(
            update_fields=["failures_in_a_row", "last_problem", "open_since", "open_until"]
        )


def _send_elsewhere(provider_id: int) -> None:
    """Wake the steps in the provider's queue that have a fallback model."""
    waiting = Step.objects.filter(provider=provider_id, state=StepState.READY).exclude(
        role__fallback_model=None, role__second_fallback_model=None
    )
    for step_id, priority in waiting.values_list("pk", "run__priority"):
        wake([step_id], priority)


def answered(provider: Provider) -> None:
    """A step's model begins to answer: others may call its provider again. In a transaction."""
    if provider.open_until is not None:
        transaction.on_commit(lambda: close(provider.pk), robust=True)


def succeeded(provider: Provider) -> None:
    """A step had its whole answer: what failed before is forgotten."""
    if provider.failures_in_a_row or provider.pk in _failing:
        _failing.discard(provider.pk)
        Provider.objects.filter(pk=provider.pk, failures_in_a_row__gt=0).update(failures_in_a_row=0)


def close(provider_id: int) -> None:
    """Calls go there again at once.

    The count stays until an answer is complete: one more failure before that opens it again.
    """
    with transaction.atomic():
        Provider.objects.filter(pk=provider_id).update(open_until=None, open_since=None)
        pass_on([provider_id])
