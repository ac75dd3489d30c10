"""A provider's limit of calls at once, and whose turn it is when a call ends."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from agents import claims, reaper, schedule, wakes
from agents.actions.runs import start_draft, stop_run
from agents.models import Provider, Run, RunPriority, Step, StepState
from agents.schedule import Account, Claim, Result
from agents.work import load
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Whom the broker was told to wake, instead of a broker."""
    told: list[Step] = []

    def send(task: Any, argument: Any, priority: str) -> bool:
        assert task.name == "agents.tasks.run_steps"
        told.extend(Step.objects.get(pk=step_id) for step_id in argument)
        return True

    monkeypatch.setattr(wakes, "_send", send)
    return told


@pytest.fixture
def provider(document: Document) -> Provider:
    """Takes two calls at once."""
    Provider.objects.update(concurrency=2)
    return Provider.objects.filter(models__is_default=True).get()


def drafting(author: User, sections: int, priority: str = RunPriority.INTERACTIVE) -> Run:
    document = create_document(author, title="Reefs", brief="Coral reefs.")
    for number in range(sections):
        add_section(document, title=f"Part {number}", target_words=40)
    run = start_draft(document, acting_user=author)
    Run.objects.filter(pk=run.pk).update(priority=priority)
    return run


def ready(run: Run) -> list[Step]:
    return list(run.steps.filter(state=StepState.READY).order_by("section__position"))


def claim(*steps: Step) -> list[Claim]:
    return claims.claim(claims.find([step.pk for step in steps]))


def finish(*claimed: Claim) -> None:
    with transaction.atomic():
        assert len(schedule.hold(claimed)) == len(claimed)
        following = schedule.finish([(each, Result(), Account()) for each in claimed])
        for each in claimed:
            wakes.wake(following[each.step.pk], each.step.run.priority)


def test_steps_beyond_the_providers_slots_stay_ready_in_its_queue(
    provider: Provider, author: User, woken: list[Step]
) -> None:
    run = drafting(author, 4)
    assert len(claim(*ready(run))) == 2
    assert [step.provider for step in ready(run)] == [provider, provider]
    assert claim(*ready(run)) == []


@pytest.mark.parametrize("how", ["finish", "fail", "release", "stop"])
def test_freed_slot_wakes_one_of_those_who_wait(
    provider: Provider, author: User, woken: list[Step], how: str
) -> None:
    run, other = drafting(author, 2), drafting(author, 6)
    first, _other = claim(*ready(run))
    assert claim(*ready(other)) == []
    woken.clear()
    if how == "finish":
        finish(first)
    elif how == "fail":
        schedule.fail(first, "No.", Account())
    elif how == "release":
        schedule.release(first, Account(), error="Busy.", after_seconds=60)
    else:
        stop_run(run, acting_user=author)
    waiting = [step for step in woken if step.run_id == other.pk]
    assert len(waiting) == (2 if how == "stop" else 1)
    assert len(claim(*waiting)) == len(waiting)
    assert claim(*ready(other)) == []


def test_slots_of_a_killed_worker_are_free_when_its_leases_run_out(
    provider: Provider, author: User, woken: list[Step], settings: Any
) -> None:
    settings.LEASE_SECONDS = -1
    run = drafting(author, 4)
    claim(*ready(run))
    woken.clear()
    reaper.reap()
    assert 2 <= len({step.pk for step in woken}) <= 4
    assert len(claim(*ready(run))) == 2


def test_author_who_waits_comes_before_a_batch(
    provider: Provider, author: User, woken: list[Step]
) -> None:
    batch = drafting(author, 6, RunPriority.BATCH)
    held, _other = claim(*ready(batch))
    assert claim(*ready(batch)) == []
    run = drafting(author, 2)
    assert claim(*ready(run)) == []
    woken.clear()
    finish(held)
    # The batch's next step was woken, too, and finds that it is not its turn.
    assert {step.run_id for step in woken} == {batch.pk, run.pk}
    assert claim(*(step for step in woken if step.run_id == batch.pk)) == []
    assert len(claim(*(step for step in woken if step.run_id == run.pk))) == 1


def test_runs_of_one_kind_take_turns(provider: Provider, author: User, woken: list[Step]) -> None:
    Provider.objects.update(concurrency=1)
    long, short = drafting(author, 8), drafting(author, 2)
    [held] = claim(*ready(long)[:1])
    claim(*ready(long))
    claim(*ready(short))
    order = []
    for _ in range(4):
        woken.clear()
        schedule.fail(held, "No.", Account())
        [held] = claim(*woken)
        order.append(held.step.run_id)
    assert order.count(short.pk) == 2


def test_wakes_that_were_lost_are_sent_again_only_as_far_as_there_are_slots(
    provider: Provider, author: User, woken: list[Step]
) -> None:
    run = drafting(author, 20)
    held = claim(*ready(run))
    claim(*ready(run))
    Step.objects.filter(run=run).update(ready_at="2020-01-01T00:00Z")
    woken.clear()
    reaper.reap()
    assert woken == []
    Provider.objects.update(concurrency=5)
    reaper.reap()
    assert len(woken) == 3
    assert len(held) == 2


def test_parallel_claims_never_exceed_the_slots(
    provider: Provider, author: User, woken: list[Step]
) -> None:
    run = drafting(author, 12)
    found = [claims.find([step.pk]) for step in ready(run) for _ in range(2)]
    taken: list[Claim] = []
    together = threading.Barrier(len(found))

    def take(candidates: list[claims.Candidate]) -> None:
        together.wait()
        taken.extend(claims.claim(candidates))
        connection.close()

    threads = [threading.Thread(target=take, args=(candidates,)) for candidates in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({claimed.step.pk for claimed in taken}) == len(taken) == 2
    assert run.steps.filter(state=StepState.RUNNING).count() == 2


def test_queries_of_a_step_are_as_many_for_two_sections_as_for_twenty(
    document: Document, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes, "_send", lambda step_ids, priority: True)
    Provider.objects.update(concurrency=64)
    counts = [(_queries(drafting(author, sections), sections)) for sections in (2, 20)]
    assert counts[0] == counts[1]
    claiming, beginning, finishing = counts[0]
    # BEGIN and COMMIT included; what happens together to many steps is written together.
    assert claiming <= 13
    assert beginning <= 4
    assert finishing <= 11


def _queries(run: Run, sections: int) -> tuple[int, int, int]:
    steps = ready(run)
    with CaptureQueriesContext(connection) as claiming:
        taken = claim(*steps)
        work = load(taken)
    assert len(work) == sections
    with CaptureQueriesContext(connection) as beginning, transaction.atomic():
        schedule.began([(each, Account()) for each in taken])
    with CaptureQueriesContext(connection) as finishing:
        finish(*taken)
        schedule.settle(run.pk)
    return len(claiming), len(beginning), len(finishing)
