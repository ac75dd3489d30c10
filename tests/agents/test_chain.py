"""The steps of one section go on in each other's place, without a wake between them."""

import uuid
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from agents import budget, claims, schedule
from agents.actions.runs import start_draft
from agents.models import Attempt, Call, Model, Run, RunState, Stage, Step, StepState
from agents.schedule import Account, Claim, Result
from agents.wakes import wake
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document, Section

__all__ = ["fake_provider"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    """The model that everybody works with answers from the fake provider."""
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url, model.provider.is_bundled = fake_provider.base_url, False
    model.provider.concurrency = 64
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.save()
    return fake_provider


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[uuid.UUID]:
    """Whom the end of a step had started by a wake."""
    told: list[uuid.UUID] = []

    def note(step_ids: Iterable[uuid.UUID], priority: str, **options: Any) -> None:
        ids = list(step_ids)
        told.extend(ids)
        wake(ids, priority, **options)

    monkeypatch.setattr("agents.save.wake", note)
    return told


def claim(step: Step) -> Claim:
    [claimed] = claims.claim(claims.find([step.pk]))
    return claimed


def step_of(run: Run, section: Section, kind: str) -> Step:
    return run.steps.get(section=section, kind=kind)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("is_read_ahead", [True, False], ids=["read-ahead", "too-fast"])
def test_next_step_is_taken_with_the_end_of_the_one_before(
    document: Document,
    sections: list[Section],
    author: User,
    provider: FakeProvider,
    woken: list[uuid.UUID],
    is_read_ahead: bool,
) -> None:
    """Where an answer is over before that could be read ahead, a wake does it."""
    if is_read_ahead:
        provider.set_pace(first_after=0.3, tokens_per_second=60)
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    assert bool(woken) is not is_read_ahead
    assert [step.attempts.count() for step in run.steps.all()] == [1, 1, 1]
    assert [record.role for record in provider.records] == ["writer", "critic", "editor"]


@pytest.mark.parametrize(("score", "expected"), [(3, "big"), (9, "little")])
def test_step_read_ahead_works_with_the_model_that_the_score_calls_for(
    document: Document, sections: list[Section], author: User, score: int, expected: str
) -> None:
    provider = Model.objects.get(is_default=True).provider
    little = Model.objects.create(provider=provider, name="little")
    big = Model.objects.create(provider=provider, name="big")
    Stage.objects.filter(workflow__slug="draft", kind="edit").update(
        model=little, escalation_model=big, threshold=7
    )
    run = start_draft(document, acting_user=author, sections=sections[:1])
    with transaction.atomic():
        schedule.finish([(claim(step_of(run, sections[0], "write")), Result(), Account())])
    critique = claim(step_of(run, sections[0], "critique"))
    [successor] = claims.look_ahead([critique]).values()
    with transaction.atomic():
        schedule.finish([(critique, Result({"score": score}), Account())])
    candidate = successor.after(critique)
    assert candidate is not None
    [claimed] = claims.claim([candidate])
    assert claimed.model.name == expected
    assert claimed.attempt.ready_at == critique.step.finished_at
    assert claimed.step.state == StepState.RUNNING


def test_step_that_was_stopped_meanwhile_is_not_taken(
    document: Document, sections: list[Section], author: User
) -> None:
    run = start_draft(document, acting_user=author, sections=sections[:1])
    write = claim(step_of(run, sections[0], "write"))
    [successor] = claims.look_ahead([write]).values()
    with transaction.atomic():
        schedule.stop(run.steps.filter(kind="critique"))
        schedule.finish([(write, Result(), Account())])
    candidate = successor.after(write)
    assert candidate is not None
    assert claims.claim([candidate]) == []


@pytest.mark.parametrize("price", [0, 10], ids=["free", "priced"])
def test_calls_are_recorded_once_though_the_transaction_was_tried_twice(
    document: Document, sections: list[Section], author: User, price: int
) -> None:
    Model.objects.filter(is_default=True).update(output_price=price)
    run = start_draft(document, acting_user=author, sections=sections[:1])
    write = claim(step_of(run, sections[0], "write"))
    call = Call(run=run, attempt=write.attempt, model=write.model)
    if price:
        call.reserved = 1
        budget.reserve(call)
    call.prompt_tokens, call.completion_tokens = 20, 30
    account = Account(calls=[call], first_token_at=timezone.now())

    def finish(*, is_failing: bool) -> None:
        with transaction.atomic():
            schedule.finish([(write, Result(), account)])
            if is_failing:
                raise DatabaseError("The disk is full.")

    with pytest.raises(DatabaseError):
        finish(is_failing=True)
    assert not Call.objects.filter(completion_tokens=30).exists()
    finish(is_failing=False)
    kept = Call.objects.get()
    assert (kept.prompt_tokens, kept.completion_tokens, kept.reserved) == (20, 30, 0)
    assert account.calls == []
    assert write.attempt.pk == Attempt.objects.get(outcome=Attempt.Outcome.FINISHED).pk
