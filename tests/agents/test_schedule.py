"""Steps as rows: who holds them, and what follows when they end."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from agents import claims, llm, reaper, schedule
from agents.actions.runs import (
    retry_run,
    retry_section,
    start_draft,
    start_full,
    start_plan,
    stop_run,
    stop_section,
)
from agents.exceptions import AlreadyRunning, Fenced, NothingToDo
from agents.models import Attempt, Model, Run, RunState, Step, StepState, Workflow
from agents.schedule import Account, Claim, Result
from writing.models import Document, Peer, Section, SectionStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(document: Document, author: User) -> Run:
    return start_draft(document, acting_user=author)


def step_of(run: Run, section: Section, kind: str) -> Step:
    return run.steps.get(section=section, kind=kind)


def claim(step: Step) -> Claim:
    [claimed] = claims.claim(claims.find([step.pk]))
    return claimed


def is_refused(step: Step) -> bool:
    return not claims.claim(claims.find([step.pk]))


def finish(step: Step) -> None:
    claimed = claim(step)
    with transaction.atomic():
        schedule.require(claimed)
        schedule.finish([(claimed, Result(), Account())])
    schedule.settle(step.run_id)


def test_sections_wait_for_themselves_alone(run: Run, sections: list[Section]) -> None:
    assert run.steps.count() == 9
    assert {s.kind for s in run.steps.filter(state=StepState.READY)} == {"write"}
    finish(step_of(run, sections[0], "write"))
    assert step_of(run, sections[0], "critique").state == StepState.READY
    assert step_of(run, sections[1], "critique").state == StepState.WAITING


def test_claim_gives_lease_number_and_client_id(run: Run, sections: list[Section]) -> None:
    step = step_of(run, sections[0], "write")
    claimed = claim(step)
    assert claimed.attempt.number == 1
    peer = Peer.objects.get(client_id=claimed.attempt.client_id)
    assert (peer.section, peer.attempt) == (sections[0], claimed.attempt.pk)
    step.refresh_from_db()
    assert step.lease_until is not None
    assert step.lease_until > timezone.now()


def test_step_is_claimed_once(run: Run, sections: list[Section]) -> None:
    step = step_of(run, sections[0], "write")
    claim(step)
    assert is_refused(step)


def test_waiting_resting_and_finished_steps_are_not_claimed(
    run: Run, sections: list[Section]
) -> None:
    assert is_refused(step_of(run, sections[0], "edit"))
    resting = step_of(run, sections[1], "write")
    Step.objects.filter(pk=resting.pk).update(not_before=timezone.now() + timedelta(minutes=1))
    assert is_refused(resting)
    done = step_of(run, sections[2], "write")
    finish(done)
    assert is_refused(done)


def test_expired_step_goes_to_the_next_attempt(run: Run, sections: list[Section]) -> None:
    step = step_of(run, sections[0], "write")
    first = claim(step)
    Step.objects.filter(pk=step.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaper.reap()
    second = claim(step)
    assert second.attempt.number == 2
    assert schedule.hold([first]) == set()
    assert schedule.hold([second]) == {step.pk}
    with pytest.raises(Fenced):
        schedule.require(first)
    first.attempt.refresh_from_db()
    assert first.attempt.outcome == Attempt.Outcome.INTERRUPTED


def expire(step: Step, *, writing: str = "") -> None:
    """The worker takes the step, writes, and dies."""
    claimed = claim(step)
    if writing:
        number = step.chunks.count() + 1
        step.chunks.create(attempt=claimed.attempt, number=number, text=writing)
    Step.objects.filter(pk=step.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    reaper.reap()
    step.refresh_from_db()


def test_step_that_keeps_killing_its_worker_fails(
    run: Run, sections: list[Section], author: User
) -> None:
    step = step_of(run, sections[0], "write")
    for _ in range(reaper.MOST_EXPIRIES):
        assert step.state == StepState.READY
        expire(step)
    assert step.state == StepState.FAILED
    assert "ended 5 times" in step.problem
    assert step_of(run, sections[0], "critique").state == StepState.STOPPED
    retry_section(sections[0], acting_user=author)
    expire(step)
    assert step.state == StepState.READY


def test_step_whose_worker_dies_often_goes_on_while_it_gets_on(
    run: Run, sections: list[Section]
) -> None:
    step = step_of(run, sections[0], "write")
    for _ in range(reaper.MOST_EXPIRIES - 1):
        expire(step)
    expire(step, writing="A word.")
    for _ in range(reaper.MOST_EXPIRIES - 1):
        expire(step)
    assert step.state == StepState.READY


def test_renewed_step_is_left_alone_by_the_reaper(run: Run, sections: list[Section]) -> None:
    step = step_of(run, sections[0], "write")
    claimed = claim(step)
    Step.objects.filter(pk=step.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    schedule.renew([claimed])
    reaper.reap()
    assert schedule.held([claimed]) == {step.pk}


def test_late_finish_of_a_fenced_attempt_changes_nothing(run: Run, sections: list[Section]) -> None:
    step = step_of(run, sections[0], "write")
    first = claim(step)
    schedule.release(first, Account())
    second = claim(step)
    schedule.fail(first, "too late", Account())
    schedule.release(first, Account(), after_seconds=60)
    assert schedule.hold([second]) == {step.pk}


def test_run_finishes_with_its_last_step(run: Run, sections: list[Section]) -> None:
    for section in sections:
        for kind in ("write", "critique", "edit"):
            run.refresh_from_db()
            assert run.state == RunState.RUNNING
            finish(step_of(run, section, kind))
        section.refresh_from_db()
        assert section.status == SectionStatus.DONE
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert run.finished_at is not None


def test_failed_step_stops_what_waits_for_it_and_nothing_else(
    run: Run, sections: list[Section]
) -> None:
    schedule.fail(claim(step_of(run, sections[0], "write")), "The key is wrong.", Account())
    assert step_of(run, sections[0], "edit").state == StepState.STOPPED
    assert step_of(run, sections[1], "write").state == StepState.READY
    sections[0].refresh_from_db()
    assert (sections[0].status, sections[0].problem) == (SectionStatus.FAILED, "The key is wrong.")
    for section in sections[1:]:
        for kind in ("write", "critique", "edit"):
            finish(step_of(run, section, kind))
    run.refresh_from_db()
    assert run.state == RunState.PARTLY_FINISHED


def test_run_whose_steps_all_fail_has_failed(run: Run, sections: list[Section]) -> None:
    for section in sections:
        schedule.fail(claim(step_of(run, section, "write")), "No.", Account())
    run.refresh_from_db()
    assert run.state == RunState.FAILED


def test_retry_goes_on_with_what_failed(run: Run, sections: list[Section], author: User) -> None:
    finish(step_of(run, sections[0], "write"))
    schedule.fail(claim(step_of(run, sections[0], "critique")), "No.", Account())
    retry_section(sections[0], acting_user=author)
    assert step_of(run, sections[0], "write").state == StepState.FINISHED
    critique = step_of(run, sections[0], "critique")
    assert (critique.state, critique.problem) == (StepState.READY, "")
    assert step_of(run, sections[0], "edit").state == StepState.WAITING
    with pytest.raises(NothingToDo):
        retry_section(sections[0], acting_user=author)


def test_stopped_run_keeps_what_is_finished_and_can_go_on(
    run: Run, sections: list[Section], author: User
) -> None:
    finish(step_of(run, sections[0], "write"))
    held = claim(step_of(run, sections[1], "write"))
    stop_run(run, acting_user=author)
    assert run.state == RunState.PARTLY_FINISHED
    assert schedule.held([held]) == set()
    assert not run.steps.filter(state__in=schedule.ACTIVE).exists()
    held.attempt.refresh_from_db()
    assert held.attempt.outcome == Attempt.Outcome.STOPPED
    retry_run(run, acting_user=author)
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    ready = run.steps.filter(state=StepState.READY)
    assert {(s.section_id, s.kind) for s in ready} == {
        (sections[0].pk, "critique"),
        (sections[1].pk, "write"),
        (sections[2].pk, "write"),
    }


def test_run_stopped_before_anything_is_done_is_stopped(run: Run, author: User) -> None:
    stop_run(run, acting_user=author)
    assert run.state == RunState.STOPPED


def test_stopping_a_section_leaves_the_others(
    run: Run, sections: list[Section], author: User
) -> None:
    stop_section(sections[0], acting_user=author)
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.STOPPED
    assert step_of(run, sections[1], "write").state == StepState.READY
    run.refresh_from_db()
    assert run.state == RunState.RUNNING


def test_section_is_drafted_by_one_run_at_a_time(
    run: Run, document: Document, sections: list[Section], author: User
) -> None:
    with pytest.raises(AlreadyRunning):
        start_draft(document, acting_user=author, sections=sections[:1])
    with pytest.raises(AlreadyRunning):
        start_plan(document, acting_user=author)
    with pytest.raises(NothingToDo):
        start_draft(document, acting_user=author)
    stop_section(sections[0], acting_user=author)
    assert start_draft(document, acting_user=author, sections=sections[:1]).steps.count() == 3


def test_draft_leaves_out_what_is_done_unless_it_is_named(
    document: Document, sections: list[Section], author: User
) -> None:
    Section.objects.filter(pk=sections[0].pk).update(status=SectionStatus.DONE)
    assert start_draft(document, acting_user=author).steps.count() == 6
    again = start_draft(document, acting_user=author, sections=sections[:1])
    assert {step.section_id for step in again.steps.all()} == {sections[0].pk}


def test_prompts_of_a_run_begin_alike(run: Run) -> None:
    assert "Coral reefs, for divers." in run.shared_prefix
    assert "Who lives there" in run.shared_prefix


def test_deleted_section_is_no_longer_paid_for(
    run: Run, sections: list[Section], author: User
) -> None:
    held = claim(step_of(run, sections[0], "write"))
    Section.objects.filter(pk=sections[0].pk).update(deleted_at=timezone.now())
    assert schedule.held([held]) == set()
    reaper.reap()
    assert step_of(run, sections[0], "write").state == StepState.STOPPED
    assert step_of(run, sections[1], "write").state == StepState.READY


def test_reaper_ends_a_run_whose_last_worker_died_before_it_could(run: Run) -> None:
    run.steps.update(state=StepState.FINISHED)
    reaper.reap()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


def test_without_a_model_the_step_says_what_to_do(run: Run, sections: list[Section]) -> None:
    Model.objects.update(is_default=False)
    step = step_of(run, sections[0], "write")
    assert is_refused(step)
    step.refresh_from_db()
    assert step.state == StepState.FAILED
    assert "administrator" in step.problem


@pytest.mark.parametrize("count", [0, 51, 500])
def test_impossible_number_of_sections_is_refused(
    document: Document, author: User, count: int
) -> None:
    with pytest.raises(NothingToDo, match="between 1 and 50"):
        start_full(document, acting_user=author, section_count=count)


def test_plan_makes_room_among_sections_without_text(
    document: Document, sections: list[Section], author: User
) -> None:
    Section.objects.filter(pk=sections[1].pk).update(last_seq=3)
    run = start_plan(document, acting_user=author, section_count=4)
    assert list(document.sections.present()) == [sections[1]]
    assert [step.kind for step in run.steps.all()] == ["plan"]


def test_workflow_of_choice_decides_the_steps(document: Document, author: User) -> None:
    quick = Workflow.objects.get(slug="quick")
    run = start_draft(document, acting_user=author, workflow=quick)
    assert {step.kind for step in run.steps.all()} == {"write"}


def test_cost_counts_cached_tokens_at_their_own_price() -> None:
    from agents.budget import cost_of

    model = Model(input_price=Decimal(4), cached_price=Decimal(1), output_price=Decimal(10))
    assert cost_of(model, llm.Usage(1000, 600, 100)) == Decimal("0.0032")
