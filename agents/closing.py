"""Ending steps that an attempt no longer holds, and those where agents were switched off."""

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from agents import policy
from agents.models import Attempt, Run, Step, StepState
from agents.schedule import ACTIVE, Account, Claim, close, settle, stop


def lost(claim: Claim, account: Account) -> None:
    """The step was stopped or handed over meanwhile: only the record of the call is ours. Unless
    agents may no longer do here what it does: then it ends, and what follows it in its chain."""
    step = claim.step
    mine = Step.objects.filter(
        policy.closed() | policy.closed_to_changes([step.pk]),
        pk=step.pk,
        state=StepState.RUNNING,
        attempt_number=claim.attempt.number,
    )
    with transaction.atomic(durable=True):
        is_closed = mine.exists()
        if is_closed:
            chain = Q(section=step.section_id, state=StepState.WAITING) | Q(pk=step.pk)
            stop(Step.objects.filter(chain, run=step.run_id), reason=policy.reason_for_stopping())
        close(claim, Attempt.Outcome.INTERRUPTED, account)
    if is_closed:
        settle(step.run_id)


def stop_closed() -> None:
    """Where agents were switched off, nothing waits for them."""
    steps = Step.objects.filter(policy.closed(), state__in=ACTIVE)
    for run in Run.objects.filter(pk__in=steps.order_by().values("run")):
        with transaction.atomic(durable=True), translation.override(run.locale):
            here = steps.filter(run=run).order_by().values("pk")
            stop(Step.objects.filter(pk__in=here), reason=policy.reason_for_stopping())
        settle(run.pk)
