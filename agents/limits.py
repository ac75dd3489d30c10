"""What becomes of a run when a limit is reached."""

from dataclasses import replace

from django.db import transaction
from django.db.models import Q

from agents import schedule
from agents.actions.batches import pause_at_limit
from agents.budget import LimitReached, Reached
from agents.estimate import Estimate
from agents.models import Attempt, BatchRow, BudgetScope, RowState, Run, Step, StepState, StoppedBy
from agents.schedule import Account, Claim
from writing.actions.review import fail_answers

UNDER_WAY = (StepState.WAITING, StepState.READY)


def stop_at_limit(claim: Claim, error: LimitReached, account: Account) -> None:
    """Nothing more is begun in this run; what is written stays, calls under way are finished. A
    batch pauses as a whole, unless only the limit of one of its runs is reached."""
    step = claim.step
    is_of_batch = step.run.batch_id is not None and error.reached.scope != BudgetScope.RUN
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
            if is_of_batch:
                at_work = BatchRow.objects.filter(run=step.run_id, state=RowState.RUNNING)
                at_work.update(state=RowState.PAUSED)
    if is_of_batch and step.run.batch_id:
        pause_at_limit(step.run.batch_id, error.reached)
    schedule.settle(step.run_id)


def reached_by(run: Run) -> Reached | None:
    """The limit that stopped the run."""
    reached = Reached.read(run.limit_reached) if run.stopped_by == StoppedBy.LIMIT else None
    if reached and (estimate := Estimate.read(run.estimate)):
        reached = replace(reached, enough=estimate.enough)
    return reached
