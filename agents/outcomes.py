"""How a run ended, and telling who started it."""

from collections.abc import Iterable

from agents.models import Run, RunPurpose, RunState, StageKind, StepState, StoppedBy
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
    """Unless a person stopped it, or it is an answer, which its thread tells of; in the transaction
    that ends the run."""
    outcome = LIMIT if run.stopped_by == StoppedBy.LIMIT else run.state
    if run.purpose != RunPurpose.ANSWER and outcome != RunState.STOPPED:
        notify_of_run(run.document_id, user_id=run.created_by_id, run=run.pk, outcome=outcome)
