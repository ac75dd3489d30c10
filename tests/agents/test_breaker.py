"""A provider that fails is left alone, tried by one step, and used again when it answers."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from agents import breaker, reaper
from agents.actions.runs import start_draft
from agents.claims import claim, find
from agents.models import Model, Provider, Role, Run, Step, StepState
from agents.models.providers import Circuit
from agents.schedule import Claim
from writing.models import Document

pytestmark = pytest.mark.django_db(transaction=True)

PROBLEM = "Acme cannot be reached."


@pytest.fixture
def run(document: Document, author: User) -> Run:
    return start_draft(document, acting_user=author)


@pytest.fixture
def provider(document: Document) -> Provider:
    provider = Provider.objects.get(models__is_default=True)
    provider.concurrency = 8
    provider.save()
    return provider


def take(run: Run) -> list[Claim]:
    """Claim whatever can be claimed."""
    ready = run.steps.filter(state=StepState.READY).values_list("pk", flat=True)
    return claim(find(list(ready)))


def fail(provider: Provider, times: int) -> Provider:
    for _ in range(times):
        breaker.failed(provider.pk, PROBLEM)
    provider.refresh_from_db()
    return provider


def pass_time(provider: Provider) -> None:
    Provider.objects.filter(pk=provider.pk).update(open_until=timezone.now() - timedelta(seconds=1))


def test_circuit_opens_after_so_many_failures_in_a_row(provider: Provider) -> None:
    assert fail(provider, breaker.FAILURES_TO_OPEN - 1).circuit == Circuit.CLOSED
    assert provider.trouble == ""
    assert fail(provider, 1).circuit == Circuit.OPEN
    assert PROBLEM in provider.trouble
    since = provider.open_since
    assert fail(provider, 3).open_since == since


def test_success_in_between_counts(provider: Provider) -> None:
    fail(provider, breaker.FAILURES_TO_OPEN - 1)
    breaker.succeeded(provider)
    assert fail(provider, 1).circuit == Circuit.CLOSED


def test_success_of_a_sound_provider_costs_no_query(
    provider: Provider, django_assert_num_queries: Any
) -> None:
    breaker.succeeded(provider)
    with django_assert_num_queries(0):
        breaker.answered(provider)
        breaker.succeeded(provider)


def test_steps_rest_while_the_circuit_is_open(provider: Provider, run: Run) -> None:
    fail(provider, breaker.FAILURES_TO_OPEN)
    assert take(run) == []
    step = run.steps.filter(kind="write").first()
    assert step
    assert (step.state, step.retries, step.attempt_number) == (StepState.READY, 0, 0)


def test_one_step_tries_for_all(provider: Provider, run: Run) -> None:
    fail(provider, breaker.FAILURES_TO_OPEN)
    assert take(run) == []
    pass_time(provider)
    provider.refresh_from_db()
    assert provider.circuit == Circuit.TRYING
    assert len(take(run)) == 1
    assert take(run) == []
    assert Provider.objects.get(pk=provider.pk).circuit == Circuit.OPEN


def test_first_token_closes_the_circuit_and_one_more_failure_opens_it(
    provider: Provider, run: Run
) -> None:
    fail(provider, breaker.FAILURES_TO_OPEN)
    pass_time(provider)
    (tried,) = take(run)
    breaker.answered(tried.model.provider)
    provider.refresh_from_db()
    assert (provider.circuit, provider.open_since) == (Circuit.CLOSED, None)
    assert len(take(run)) == 2
    assert fail(provider, 1).circuit == Circuit.OPEN
    breaker.close(provider.pk)
    breaker.succeeded(provider)
    assert fail(provider, 1).circuit == Circuit.CLOSED


def test_who_tried_and_vanished_is_followed_by_another(provider: Provider, run: Run) -> None:
    fail(provider, breaker.FAILURES_TO_OPEN)
    pass_time(provider)
    assert len(take(run)) == 1
    Step.objects.filter(state=StepState.RUNNING).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    reaper.reap()
    pass_time(provider)
    assert len(take(run)) == 1


def test_who_has_a_fallback_model_does_not_wait(provider: Provider, run: Run) -> None:
    spare = Provider.objects.create(slug="spare", name="Spare", base_url="http://127.0.0.1:1/v1")
    fallback = Model.objects.create(provider=spare, name="spare")
    Role.objects.filter(kind="writer").update(fallback_model=fallback)
    fail(provider, breaker.FAILURES_TO_OPEN)
    assert {claimed.model for claimed in take(run)} == {fallback}
