"""Batches: each brief becomes one document, whoever looks, and how often."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from agents import batches, reaper
from agents.actions.batches import (
    cancel_batch,
    create_batch,
    pause_batch,
    raise_batch_budget,
    resume_batch,
    try_failures_again,
    try_row_again,
)
from agents.actions.runs import retry_run, start_full, stop_run
from agents.briefs import Brief
from agents.budget import Reached
from agents.exceptions import NothingToDo
from agents.models import (
    Attempt,
    BatchState,
    Budget,
    BudgetScope,
    Call,
    PausedBy,
    RowState,
    Run,
    RunPriority,
    RunState,
    Step,
    StepState,
    Workflow,
)
from tests.agents.batching import at_rest, batch_of, briefs, ended, provider, states
from tests.agents.conftest import until
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document, Notification, Occasion

__all__ = ["fake_provider", "provider"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.usefixtures("eager")
def test_each_brief_becomes_a_document_that_nobody_confirms(
    author: User, provider: FakeProvider
) -> None:
    rows = [*briefs(3), Brief("珊瑚礁", "写给潜水员。", "story", "zh-hans", 60)]
    batch = ended(batch_of(author, rows, concurrency=2))
    assert states(batch) == [RowState.FINISHED] * 4
    last = batch.rows.select_related("document", "run").get(number=4)
    assert last.document
    assert last.run
    assert (last.document.title, last.document.brief) == ("珊瑚礁", "写给潜水员。")
    assert (last.document.kind, last.document.language) == ("story", "zh-hans")
    assert last.document.created_by == author
    assert (last.run.priority, last.run.state) == (RunPriority.BATCH, RunState.FINISHED)
    assert last.document.sections.present().exclude(word_count=0).count() == 3
    assert None not in (batch.started_at, batch.ended_at, last.started_at, last.finished_at)
    # Of a thousand documents a thousand notices would tell nothing.
    assert Notification.objects.get().occasion == Occasion.BATCH


@pytest.mark.usefixtures("eager")
def test_no_more_documents_are_begun_than_may_be_at_once(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("planner")
    batch = batch_of(author, briefs(5), concurrency=2)
    for _look in range(3):
        reaper.reap()
    assert states(batch) == [RowState.RUNNING] * 2 + [RowState.WAITING] * 3
    assert Document.objects.count() == 2
    provider.let_go()
    ended(batch)
    assert Document.objects.count() == 5


def test_many_workers_that_look_at_once_begin_each_document_once(author: User) -> None:
    batch = batch_of(author, briefs(12), concurrency=9)
    failures: list[Exception] = []

    def look() -> None:
        try:
            batches.look_after()
        except Exception as error:  # noqa: BLE001 (told to the test)
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert states(batch) == [RowState.RUNNING] * 9 + [RowState.WAITING] * 3
    assert Document.objects.count() == Run.objects.count() == 9
    assert batch.rows.filter(document__isnull=False).count() == 9


def test_who_dies_while_beginning_a_document_leaves_none(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(author, briefs(2), concurrency=1)

    def die(*args: object, **kwargs: object) -> None:
        assert Document.objects.count() == 1  # seen by its own transaction alone
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(batches, "start_full", die)
        with pytest.raises(SystemExit):
            batches.advance(batch.pk)
    assert not Document.objects.exists()
    assert not Run.objects.exists()
    assert states(batch) == [RowState.WAITING] * 2
    batches.look_after()
    assert Document.objects.get().title == "Reef 1"


@pytest.mark.usefixtures("eager")
def test_a_killed_workers_steps_are_continued_and_nothing_is_written_twice(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("writer")
    batch = batch_of(author, briefs(2), concurrency=2)
    until(lambda: Step.objects.filter(kind="write", state=StepState.RUNNING).count() == 6)
    # As a killed worker leaves it.
    Step.objects.filter(state=StepState.RUNNING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    reaper.reap()
    provider.let_go()
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 2
    assert Document.objects.count() == 2
    assert not Attempt.objects.filter(outcome=Attempt.Outcome.RUNNING).exists()


@pytest.mark.usefixtures("eager")
def test_the_budget_of_the_batch_is_never_exceeded_and_pauses_it(
    author: User, provider: FakeProvider
) -> None:
    limit = Decimal("0.02")
    batch = ended(batch_of(author, briefs(8), concurrency=3, budget=limit), BatchState.PAUSED)
    at_rest(batch)
    batch.refresh_from_db()
    assert batch.paused_by == PausedBy.LIMIT
    reached = Reached.read(batch.limit_reached)
    assert reached
    assert (reached.scope, reached.limit) == (BudgetScope.BATCH, limit)
    assert "The limit of the batch is reached" in reached.message
    assert not {RowState.FAILED, RowState.STOPPED, RowState.RUNNING} & set(states(batch))
    until(lambda: not Call.objects.exclude(reserved=0).exists())
    own = Budget.objects.get(batch=batch)
    assert (own.reserved, own.spent) == (0, sum(Call.objects.values_list("cost", flat=True)))
    charged = sum(r.prompt_tokens + r.completion_tokens * 10 for r in provider.records)
    assert own.spent == Decimal(charged) / 1_000_000
    assert 0 < own.spent <= limit
    with pytest.raises(NothingToDo, match="Enter at least"):
        raise_batch_budget(batch, own.spent, acting_user=author)
    begun = set(batch.rows.exclude(document=None).values_list("document", flat=True))
    raise_batch_budget(batch, Decimal(5), acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 8
    assert Document.objects.count() == 8
    assert begun <= set(batch.rows.values_list("document", flat=True))
    assert (batch.paused_by, batch.limit_reached) == ("", {})


@pytest.mark.usefixtures("eager")
def test_pausing_finishes_what_is_under_way_and_begins_nothing(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("writer")
    draft = Workflow.objects.get(slug="draft")
    batch = create_batch(author, name="Reefs", workflow=draft, rows=briefs(3), concurrency=1)
    until(lambda: Step.objects.filter(kind="write", state=StepState.RUNNING).count() == 3)
    pause_batch(batch, acting_user=author)
    with pytest.raises(NothingToDo):
        pause_batch(batch, acting_user=author)
    assert states(batch) == [RowState.PAUSED, RowState.WAITING, RowState.WAITING]
    provider.let_go()
    at_rest(batch)
    reaper.reap()
    assert Step.objects.filter(kind="write", state=StepState.FINISHED).count() == 3
    assert not Step.objects.filter(kind="critique").exclude(state=StepState.STOPPED).exists()
    assert states(batch) == [RowState.PAUSED, RowState.WAITING, RowState.WAITING]
    assert Document.objects.count() == 1
    run = Run.objects.get()
    with pytest.raises(NothingToDo, match="which rests"):
        retry_run(run, acting_user=author)
    resume_batch(batch, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 3
    assert not Attempt.objects.filter(step__kind="write", number__gt=1).exists()


@pytest.mark.usefixtures("eager")
def test_a_batch_resumed_before_it_came_to_rest_goes_on(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("writer")
    draft = Workflow.objects.get(slug="draft")
    batch = create_batch(author, name="Reefs", workflow=draft, rows=briefs(2), concurrency=1)
    until(lambda: Step.objects.filter(kind="write", state=StepState.RUNNING).count() == 3)
    pause_batch(batch, acting_user=author)
    resume_batch(batch, acting_user=author)
    # One document at a time: the first still is one of them.
    assert Document.objects.count() == 1
    provider.let_go()
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 2


@pytest.mark.usefixtures("eager")
def test_pausing_while_outlining_plans_on_afterwards(author: User, provider: FakeProvider) -> None:
    provider.hold("planner")
    batch = batch_of(author, briefs(1))
    until(lambda: Step.objects.filter(kind="plan", state=StepState.RUNNING).exists())
    pause_batch(batch, acting_user=author)
    at_rest(batch)
    assert states(batch) == [RowState.PAUSED]
    provider.let_go()
    resume_batch(batch, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED]


@pytest.mark.usefixtures("eager")
def test_cancelling_stops_all_at_once_and_can_be_taken_back(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("writer")
    batch = batch_of(author, briefs(3), concurrency=1)
    until(lambda: Step.objects.filter(kind="write", state=StepState.RUNNING).count() == 3)
    cancel_batch(batch, acting_user=author)
    assert not Step.objects.filter(state=StepState.RUNNING).exists()
    assert states(batch) == [RowState.STOPPED] * 3
    assert batch.ended_at
    provider.let_go()
    for _look in range(2):
        reaper.reap()
    assert Document.objects.count() == 1
    with pytest.raises(NothingToDo):
        cancel_batch(batch, acting_user=author)
    resume_batch(batch, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 3
    assert Document.objects.count() == 3


@pytest.mark.usefixtures("eager")
def test_what_failed_is_tried_again_alone_or_with_the_others(
    author: User, provider: FakeProvider
) -> None:
    provider.fail("401@*x0")
    batch = ended(batch_of(author, briefs(3), concurrency=2))
    assert states(batch) == [RowState.FAILED] * 3
    assert all(batch.rows.values_list("problem", flat=True))
    provider.fail()
    first = batch.rows.get(number=1)
    try_row_again(first, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED, RowState.FAILED, RowState.FAILED]
    with pytest.raises(NothingToDo):
        try_row_again(first, acting_user=author)
    try_failures_again(batch, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 3
    assert set(batch.rows.values_list("problem", flat=True)) == {""}
    assert Document.objects.count() == 3
    with pytest.raises(NothingToDo):
        try_failures_again(batch, acting_user=author)


@pytest.mark.usefixtures("eager")
def test_one_failure_after_the_other_pauses_the_batch(author: User, provider: FakeProvider) -> None:
    provider.fail("401@*x0")
    batch = ended(batch_of(author, briefs(7), concurrency=2), BatchState.PAUSED)
    assert batch.paused_by == PausedBy.FAILURES
    at_rest(batch)
    assert states(batch).count(RowState.WAITING) >= 1
    provider.fail()
    resume_batch(batch, acting_user=author)
    ended(batch)
    try_failures_again(batch, acting_user=author)
    ended(batch)
    assert states(batch) == [RowState.FINISHED] * 7


@pytest.mark.usefixtures("eager")
def test_a_document_that_its_author_stops_is_left_alone(
    author: User, provider: FakeProvider
) -> None:
    provider.hold("writer")
    batch = batch_of(author, briefs(2), concurrency=1)
    until(lambda: Step.objects.filter(kind="write", state=StepState.RUNNING).count() == 3)
    stop_run(Run.objects.get(), acting_user=author)
    provider.let_go()
    ended(batch)
    assert states(batch) == [RowState.STOPPED, RowState.FINISHED]
    with pytest.raises(NothingToDo):
        try_failures_again(batch, acting_user=author)
    # From the document's own page it can be continued without the batch.
    retry_run(Run.objects.get(batch_row__number=1), acting_user=author)
    until(lambda: states(batch) == [RowState.FINISHED] * 2)
    batch.refresh_from_db()
    assert batch.state == BatchState.ENDED


def test_a_brief_that_cannot_be_begun_says_why_and_the_others_go_on(author: User) -> None:
    batch = batch_of(author, briefs(2), concurrency=2)
    batch.rows.filter(number=1).update(title="")
    batches.look_after()
    assert states(batch) == [RowState.FAILED, RowState.RUNNING]
    assert batch.rows.get(number=1).problem == "Give it a title."
    assert Document.objects.get().title == "Reef 2"


def test_what_nobody_foresaw_fails_one_document_alone(
    author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_of(author, briefs(2), concurrency=2)

    def break_at_the_first(document: Document, **options: Any) -> Run:
        if document.title == "Reef 1":
            raise ZeroDivisionError
        return start_full(document, **options)

    with monkeypatch.context() as patch:
        patch.setattr(batches, "start_full", break_at_the_first)
        batches.look_after()
    assert states(batch) == [RowState.FAILED, RowState.RUNNING]
    assert "inside Scriptorium" in batch.rows.get(number=1).problem
    assert Document.objects.get().title == "Reef 2"
