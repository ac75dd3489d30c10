"""What becomes of a run when a limit is reached."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Q

from agents import schedule
from agents.budget import LimitReached, Reached
from agents.estimate import Estimate
from agents.models import Attempt, Run, Step, StepState, StoppedBy
from agents.schedule import Account, Claim
from writing.actions.review import fail_answers

UNDER_WAY = (StepState.WAITING, StepState.READY)


def stop_at_limit(claim: Claim, error: LimitReached, account: Account) -> None:
    """Nothing more is begun in this run; what is written stays, calls under way are finished."""
    step = claim.step
    with transaction.atomic(durable=True):
        is_mine = bool(schedule.hold([claim]))
        schedule.close(claim, Attempt.Outcome.STOPPED, account, error=error.message)
        if is_mine:
            fail_answers([step.comment_id], problem=error.message)
            rest = Q(pk=step.pk) | Q(state__in=UNDER_WAY)
            schedule.stop(Step.objects.filter(rest, run=step.run_id))
            Run.objects.filter(pk=step.run_id).update(
                stopped_by=StoppedBy.LIMIT, limit_reached=error.reached.kept()
            )
    schedule.settle(step.run_id)


def reached_by(run: Run) -> Reached | None:
    """The limit that stopped the run."""
    reached = Reached.read(run.limit_reached) if run.stopped_by == StoppedBy.LIMIT else None
    if reached and (estimate := Estimate.read(run.estimate)):
        reached = replace(reached, enough=estimate.enough)
    return reached
