"""How a run ended, and telling who started it, or the batch that it belongs to."""

import uuid
from collections.abc import Iterable

from django.utils import translation
from django.utils.translation import gettext as _

from agents.budget import Reached
from agents.exceptions import NothingToDo
from agents.models import (
    Batch,
    BatchRow,
    BatchState,
    RowState,
    Run,
    RunPurpose,
    RunState,
    StageKind,
    StepState,
    StoppedBy,
)
from agents.wakes import wake_batch
from writing.actions.notifications import notify_of_run

LIMIT = "limit"


def outcome_of(steps: Iterable[tuple[str, str]]) -> RunState:
    """By the state and the kind of each of its steps."""
    steps = list(steps)
    states = {state for state, _kind in steps}
    if states <= {StepState.FINISHED}:
        return RunState.FINISHED
    # A plan alone is not part of a text.
    if any(state == StepState.FINISHED and kind != StageKind.PLAN for state, kind in steps):
        return RunState.PARTLY_FINISHED
    return RunState.FAILED if StepState.FAILED in states else RunState.STOPPED


def tell_outcome(run: Run) -> None:
    """Unless a person stopped it, or it is an answer, which its thread tells of, or one of a batch,
    which tells of all together; in the transaction that ends the run."""
    if run.batch_id:
        _end_row(run, run.batch_id)
        return
    outcome = LIMIT if run.stopped_by == StoppedBy.LIMIT else run.state
    if run.purpose != RunPurpose.ANSWER and outcome != RunState.STOPPED:
        notify_of_run(run.document_id, user_id=run.created_by_id, run=run.pk, outcome=outcome)


def _end_row(run: Run, batch_id: uuid.UUID) -> None:
    """A row that was paused goes on with its batch, unless its run came to its end all the same."""
    rows = BatchRow.objects.filter(run=run.pk)
    if run.state != RunState.FINISHED:
        rows = rows.exclude(state=RowState.PAUSED)
    rows.update(state=RowState(run.state), problem=problem_of(run), finished_at=run.finished_at)
    wake_batch(batch_id)


def problem_of(run: Run) -> str:
    """What went wrong first, and what to do, in the run's language; "" if nothing did."""
    with translation.override(run.locale):
        reached = Reached.read(run.limit_reached) if run.stopped_by == StoppedBy.LIMIT else None
        if reached:
            return reached.message
    failed = run.steps.filter(state=StepState.FAILED).order_by("finished_at")
    return failed.values_list("problem", flat=True).first() or ""


def row_goes_on(run: Run) -> None:
    """Before a run is continued, in its transaction; raises NothingToDo while its batch rests."""
    if run.batch_id is None:
        return
    batch = Batch.objects.get(pk=run.batch_id)
    if batch.state in (BatchState.PAUSED, BatchState.CANCELLED):
        raise NothingToDo(
            _("This document belongs to the batch “%(name)s”, which rests. Go on there.")
            % {"name": batch.name}
        )
    BatchRow.objects.filter(run=run.pk).update(state=RowState.RUNNING, problem="", finished_at=None)
