"""The bars of a run: what a step's time was spent on, and how the axis places it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from agents.actions.runs import start_draft
from agents.models import Attempt, Run, RunState, Step, StepState
from agents.seeds import seed
from agents.views.timeline import Doing, Timeline, timeline_of
from writing.actions.documents import create_document
from writing.actions.sections import add_section

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


@pytest.fixture
def run() -> Run:
    """Finished, 100 s long: a tenth of a second is a tenth of a percent."""
    seed()
    ana = User.objects.create_user("ana")
    document = create_document(ana, title="The quiet city", brief="How a reef lives.")
    for title in ("Walls", ""):
        add_section(document, title=title)
    run = start_draft(document, acting_user=ana)
    run.created_at, run.finished_at, run.state = BEGIN, after(100), RunState.FINISHED
    run.save()
    run.steps.update(state=StepState.STOPPED)
    return run


def writer(run: Run, **values: object) -> Step:
    step = run.steps.filter(kind="write")[0]
    Step.objects.filter(pk=step.pk).update(**values)
    return step


def attempt(step: Step, number: int, *times: float | None, outcome: str = "finished") -> Attempt:
    """Ready, claimed, first token, ended."""
    names = ("ready_at", "started_at", "first_token_at", "ended_at")
    made = Attempt.objects.create(step=step, number=number, client_id=number, outcome=outcome)
    values = {name: None if t is None else after(t) for name, t in zip(names, times, strict=True)}
    Attempt.objects.filter(pk=made.pk).update(**values)
    return made


def timeline(run: Run) -> Timeline:
    return timeline_of(run, list(run.steps.select_related("role", "section")))


def segments(run: Run) -> list[tuple[str, float, float]]:
    [bar] = [bar for lane in timeline(run).lanes for bar in lane.bars]
    return [(segment.doing, segment.start, segment.width) for segment in bar.segments]


def test_a_bar_is_split_into_waiting_and_writing(run: Run) -> None:
    attempt(writer(run, state=StepState.FINISHED), 1, 0, 2, 5, 40)
    assert segments(run) == [(Doing.WAITING, 0, 5), (Doing.WRITING, 5, 35)]
    lane = timeline(run).lanes[0]
    assert lane.bars[0].words == "Writer: Finished, waited 5.00 s, answered for 35.0 s"


def test_a_failure_and_the_rest_after_it_are_seen(run: Run) -> None:
    step = writer(run, state=StepState.FINISHED)
    attempt(step, 1, 0, 1, None, 10, outcome="failed")
    attempt(step, 2, 20, 21, 22, 50)
    assert segments(run) == [
        (Doing.WAITING, 0, 10),
        (Doing.FAILED, 10, 0.4),
        (Doing.RESTING, 10, 10),
        (Doing.WAITING, 20, 2),
        (Doing.WRITING, 22, 28),
    ]


def test_a_night_before_somebody_tried_again_is_left_out(run: Run) -> None:
    step = writer(run, state=StepState.FINISHED)
    attempt(step, 1, 0, 0, 10, 40, outcome="failed")
    night = 9 * 3600
    attempt(step, 2, night, night, night + 10, night + 60)
    run.finished_at = after(night + 60)
    found = timeline(run)
    assert found.pauses == [40]
    assert segments(run)[-1] == (Doing.WRITING, 50, 50)
    assert (Doing.RESTING, 40, 0) not in segments(run)
    assert [tick.seconds for tick in found.ticks] == [0, 30, 60, 90]


def test_lanes_stand_in_the_order_of_the_document(run: Run) -> None:
    found = timeline(run)
    assert [lane.label for lane in found.lanes] == ["Walls", "2"]
    assert [tick.seconds for tick in found.ticks] == [0, 30, 60, 90]
    assert found.now is None


def test_what_concerns_the_whole_document_stands_around_its_sections(run: Run) -> None:
    role = run.steps.all()[0].role
    for position, kind in ((0, "plan"), (99, "harmonise")):
        Step.objects.create(run=run, position=position, kind=kind, output="apply", role=role)
    labels = [lane.label for lane in timeline(run).lanes]
    assert labels == ["Outline", "Walls", "2", "Whole document"]


def test_a_running_run_ends_its_axis_at_a_tick(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING, finished_at=None)
    run.steps.filter(kind="write").update(state=StepState.READY)
    run.refresh_from_db()
    found = timeline(run)
    assert found.ticks[-1].at == 100
    assert found.now is not None
    waiting = [bar.segments[0].doing for lane in found.lanes for bar in lane.bars]
    assert waiting == [Doing.WAITING, Doing.WAITING]
