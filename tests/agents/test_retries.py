"""Whole runs with a provider that fails: rests, fallback models, circuits and what is said."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents.actions.runs import retry_section, start_draft, stop_run
from agents.models import Attempt, Model, Provider, Role, Run, RunState, Step, StepState, Workflow
from agents.models.providers import Circuit
from tests.agents.conftest import finished, until
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider
from writing.actions.text import body_of
from writing.models import Document, Section, SectionStatus
from writing.text.markdown import plain_text

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]

ALL_WORDS = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]


@pytest.fixture
def provider(document: Document, fake_provider: FakeProvider) -> Provider:
    """The default model's: the fake one."""
    fake_provider.say(counting)
    provider = Provider.objects.get(models__is_default=True)
    provider.base_url, provider.concurrency, provider.is_bundled = fake_provider.base_url, 8, False
    provider.save()
    Model.objects.update(context_tokens=32_768, tier=Model.Tier.LARGE)
    return provider


@pytest.fixture
def fallback(provider: Provider, fake_provider: FakeProvider) -> Model:
    """The writer's fallback model, at another provider."""
    spare = Provider.objects.create(slug="spare", name="Spare", base_url=fake_provider.base_url)
    model = Model.objects.create(provider=spare, name="second", context_tokens=32_768)
    Role.objects.filter(kind="writer").update(fallback_model=model)
    return model


def draft(document: Document, sections: list[Section], author: User) -> Run:
    quick = Workflow.objects.get(slug="quick")
    return start_draft(document, acting_user=author, workflow=quick, sections=sections)


def words_of(section: Section) -> list[str]:
    return plain_text(body_of(section.pk)).split()


def models_of(step: Step) -> list[str]:
    return [attempt.model.name for attempt in step.attempts.all() if attempt.model]


@pytest.mark.parametrize("fault", ["401@#1", "403@#1", "404@#1", "400@#1", "html@#1"])
def test_error_that_lasts_hands_over_to_the_fallback_model(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fallback: Model,
    fake_provider: FakeProvider,
    fault: str,
) -> None:
    fake_provider.fail(fault)
    run = finished(draft(document, sections[:1], author))
    assert run.state == RunState.FINISHED
    step = run.steps.get()
    assert models_of(step) == [Model.objects.get(is_default=True).name, "second"]
    assert step.fallback_number == 1
    assert step.notice.startswith("Writer went on with the fallback model second (Spare).")
    assert provider.label in step.notice
    assert words_of(sections[0]) == ALL_WORDS


def test_fallback_model_goes_on_from_what_is_written(
    document: Document,
    sections: list[Section],
    author: User,
    fallback: Model,
    fake_provider: FakeProvider,
    settings: Any,
) -> None:
    settings.STEP_SECONDS = 0
    fake_provider.fail("drop@#1")
    run = finished(draft(document, sections[:1], author))
    step = run.steps.get()
    first, second = step.attempts.all()
    assert first.outcome == Attempt.Outcome.FAILED
    assert step.chunks.filter(attempt=first).exists()
    assert second.model == fallback
    assert second.messages[-2]["role"] == "assistant"
    assert words_of(sections[0]) == ALL_WORDS


def test_when_the_fallback_model_fails_too_the_step_says_so_and_a_person_starts_anew(
    document: Document,
    sections: list[Section],
    author: User,
    fallback: Model,
    fake_provider: FakeProvider,
) -> None:
    fake_provider.fail("401@writer:1x0")
    run = finished(draft(document, sections[:1], author))
    assert run.state == RunState.FAILED
    step = run.steps.get()
    assert len(models_of(step)) == 2
    assert "Spare does not accept the API key" in step.problem
    fake_provider.fail()
    retry_section(sections[0], acting_user=author)
    assert finished(run).state == RunState.FINISHED
    step.refresh_from_db()
    assert (step.fallback_number, step.notice) == (0, "")
    assert models_of(step)[-1] != "second"


def test_the_second_fallback_model_works_where_the_first_fails_too(
    document: Document,
    sections: list[Section],
    author: User,
    fallback: Model,
    fake_provider: FakeProvider,
) -> None:
    third = Model.objects.create(provider=fallback.provider, name="third")
    Role.objects.filter(kind="writer").update(second_fallback_model=third)
    fake_provider.fail("401@writer:1x2")
    run = finished(draft(document, sections[:1], author))
    assert run.state == RunState.FINISHED
    step = run.steps.get()
    assert (models_of(step)[-1], len(models_of(step)), step.fallback_number) == ("third", 3, 2)
    assert "third" in step.notice


def test_retry_after_is_kept_to(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
) -> None:
    fake_provider.fail("429@*x2+0.5")
    assert finished(draft(document, sections[:1], author)).state == RunState.FINISHED
    starts = sorted(record.t_start for record in fake_provider.records)
    assert all(later - earlier >= 0.5 for earlier, later in pairwise(starts))
    assert len(starts) == 3


def test_retry_after_beyond_the_step_s_time_is_not_waited_for(
    document: Document,
    sections: list[Section],
    author: User,
    fallback: Model,
    fake_provider: FakeProvider,
) -> None:
    fake_provider.fail("429date@*+86400")
    assert finished(draft(document, sections[:1], author)).state == RunState.FINISHED
    assert models_of(Step.objects.get())[-1] == "second"


def test_step_is_tried_again_until_its_time_is_over(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
    settings: Any,
) -> None:
    settings.STEP_SECONDS = 3
    fake_provider.fail("429@*x0+0")
    began = time.monotonic()
    run = finished(draft(document, sections[:1], author))
    assert run.state == RunState.FAILED
    assert time.monotonic() - began < 30
    step = run.steps.get()
    assert step.attempts.count() > 3
    assert "limiting how often" in step.problem


def test_attempt_that_got_further_begins_the_time_anew(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
    settings: Any,
) -> None:
    settings.RETRY_SECONDS = 1
    fake_provider.fail("500@#1", "drop@#2")
    run = draft(document, sections[:1], author)
    until(lambda: run.steps.filter(retries=1).exists())
    run.steps.update(failing_since=timezone.now() - timedelta(days=1))
    assert finished(run).state == RunState.FINISHED
    assert run.steps.get().attempts.count() == 3
    assert words_of(sections[0]) == ALL_WORDS


def test_stopping_a_run_closes_its_connections_at_once(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
) -> None:
    fake_provider.set_pace(tokens_per_second=5)
    run = draft(document, sections, author)
    until(lambda: fake_provider.server.active == len(sections))
    stopped_at = time.time()
    stop_run(run, acting_user=author)
    fake_provider.wait_for(lambda records: len(records) == len(sections))
    assert {record.status for record in fake_provider.records} == {"client_gone"}
    # A worker looks twice a second whether its steps are still its own.
    assert max(record.t_end or 0 for record in fake_provider.records) - stopped_at < 2


def test_provider_that_comes_back_is_found_and_nobody_fails_meanwhile(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
    free_port: int,
) -> None:
    Provider.objects.filter(pk=provider.pk).update(base_url=f"http://127.0.0.1:{free_port}/v1")
    run = draft(document, sections, author)
    until(lambda: Provider.objects.get(pk=provider.pk).circuit != Circuit.CLOSED)
    count = Attempt.objects.count()
    sections[0].refresh_from_db()
    assert sections[0].status == SectionStatus.WAITING
    assert "cannot be reached" in sections[0].problem
    Provider.objects.filter(pk=provider.pk).update(base_url=fake_provider.base_url)
    assert finished(run).state == RunState.FINISHED
    assert Attempt.objects.count() <= count + 3 + 2
    provider.refresh_from_db()
    assert (provider.circuit, provider.failures_in_a_row) == (Circuit.CLOSED, 0)


def test_while_the_provider_is_down_the_fallback_model_stands_in(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fallback: Model,
) -> None:
    Provider.objects.filter(pk=provider.pk).update(
        failures_in_a_row=5,
        open_since=timezone.now(),
        open_until=timezone.now() + timedelta(hours=1),
        last_problem="It cannot be reached.",
    )
    run = finished(draft(document, sections[:1], author))
    step = run.steps.get()
    assert (step.state, step.fallback_number) == (StepState.FINISHED, 0)
    assert models_of(step) == ["second"]
    assert step.notice.endswith("The reason: It cannot be reached.")


@pytest.mark.parametrize(
    ("faults", "state"),
    [
        (["empty@#1", "empty@#2", "500@#3", "empty@#4", "empty@#5"], RunState.FINISHED),
        (["empty@#1", "500@#2", "empty@#3", "empty@#4", "empty@#5"], RunState.FAILED),
    ],
)
def test_useless_answers_end_a_step_only_when_they_come_in_a_row(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fake_provider: FakeProvider,
    settings: Any,
    faults: list[str],
    state: RunState,
) -> None:
    settings.RETRY_SECONDS = 0.01
    fake_provider.fail(*faults)
    assert finished(draft(document, sections[:1], author)).state == state


def test_failure_of_a_stand_in_does_not_end_what_only_has_to_wait(
    document: Document,
    sections: list[Section],
    author: User,
    provider: Provider,
    fallback: Model,
    fake_provider: FakeProvider,
) -> None:
    fake_provider.fail("401@*x0")
    later = timezone.now() + timedelta(seconds=1)
    Provider.objects.filter(pk=provider.pk).update(open_since=timezone.now(), open_until=later)
    run = draft(document, sections[:1], author)
    until(lambda: Attempt.objects.filter(model=fallback).count() > 1)
    fake_provider.fail()
    assert finished(run).state == RunState.FINISHED
