"""Reserving what a call may cost, and settling what it did cost."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from agents import budget, reaper
from agents.actions.limits import keep_limits
from agents.actions.runs import start_draft
from agents.budget import LimitReached, RoomTaken, reserve, settle, settle_abandoned
from agents.llm import Usage
from agents.models import (
    Attempt,
    Budget,
    BudgetScope,
    Call,
    Chunk,
    Limits,
    Model,
    PersonLimit,
    Run,
)
from agents.models.ledger import month_of
from writing.models import Document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def model(document: Document) -> Model:
    model = Model.objects.get(is_default=True)
    model.input_price, model.cached_price, model.output_price = Decimal(4), Decimal(1), Decimal(10)
    model.save()
    return model


@pytest.fixture
def run(document: Document, model: Model, author: User) -> Run:
    return start_draft(document, acting_user=author)


def call_of(run: Run, model: Model, amount: str = "0.25") -> Call:
    """A call about to be made by a step's new attempt."""
    step = run.steps.order_by("pk")[0]
    attempt = Attempt.objects.create(
        step=step, number=step.attempts.count() + 1, client_id=1, model=model
    )
    return Call(run=run, attempt=attempt, model=model, reserved=Decimal(amount), prompt_tokens=100)


def amounts(run: Run) -> set[tuple[Decimal, Decimal]]:
    """Spent and reserved of the three budgets; one pair where they agree."""
    budgets = Budget.objects.filter(run=run) | Budget.objects.exclude(scope=BudgetScope.RUN)
    assert budgets.count() == 3
    return {(each.spent, each.reserved) for each in budgets}


def limit(scope: BudgetScope, amount: str | None) -> None:
    value = None if amount is None else Decimal(amount)
    field = {"run": "per_run", "person": "per_person", "site": "per_site"}[scope]
    Limits.objects.update_or_create(pk=1, defaults={field: value})
    keep_limits()
    if scope == BudgetScope.RUN:
        Budget.objects.filter(scope=scope).update(limit=value)


def test_largest_cost_counts_each_byte_as_a_token(model: Model) -> None:
    messages = [{"role": "user", "content": "珊瑚"}]
    overhead = budget.MOST_TOKENS_PER_MESSAGE
    most = budget.largest_cost(model, messages, max_tokens=1000)
    assert most == (Decimal((6 + overhead) * 4) + 1000 * 10) / 1_000_000
    with_schema = budget.largest_cost(model, messages, 1000, {"type": "object"})
    assert with_schema > most


def test_what_was_reserved_is_replaced_by_what_it_cost(run: Run, model: Model) -> None:
    call = call_of(run, model)
    reserve(call)
    assert amounts(run) == {(Decimal(0), Decimal("0.25"))}
    call.cost = budget.cost_of(model, Usage(1000, 600, 100))
    with transaction.atomic():
        settle([call])
    assert amounts(run) == {(Decimal("0.0032"), Decimal(0))}
    kept = Call.objects.get()
    assert (kept.cost, kept.reserved) == (Decimal("0.0032"), 0)
    with transaction.atomic():
        settle([call])
    assert amounts(run) == {(Decimal("0.0032"), Decimal(0))}


def test_a_call_that_was_not_made_leaves_nothing(run: Run, model: Model) -> None:
    call = call_of(run, model)
    reserve(call)
    call.prompt_tokens = 0
    with transaction.atomic():
        settle([call])
    assert amounts(run) == {(Decimal(0), Decimal(0))}
    assert not Call.objects.exists()


# What a batch may spend is in test_batches.py.
@pytest.mark.parametrize("scope", [BudgetScope.RUN, BudgetScope.PERSON, BudgetScope.SITE])
def test_at_a_limit_nothing_is_taken(run: Run, model: Model, scope: BudgetScope) -> None:
    limit(scope, "0.50")
    first, second = call_of(run, model), call_of(run, model)
    reserve(first)
    reserve(second)
    with pytest.raises(RoomTaken):
        reserve(call_of(run, model, "0.000001"))
    assert amounts(run) == {(Decimal(0), Decimal("0.5"))}
    first.cost = second.cost = Decimal("0.20")
    with transaction.atomic():
        settle([first, second])
    reserve(call_of(run, model, "0.10"))
    with pytest.raises(LimitReached) as caught:
        reserve(call_of(run, model, "0.100001"))
    assert caught.value.reached.scope == scope
    assert "$0.50 of $0.50 are used" in caught.value.message
    assert amounts(run) == {(Decimal("0.4"), Decimal("0.1"))}
    assert Call.objects.count() == 3


def test_what_earlier_calls_of_the_attempt_left_over_is_given_back_first(
    run: Run, model: Model
) -> None:
    limit(BudgetScope.RUN, "0.30")
    first = call_of(run, model)
    reserve(first)
    first.cost = Decimal("0.02")
    reserve(call_of(run, model), settled=[first])
    assert amounts(run) == {(Decimal("0.02"), Decimal("0.25"))}


def test_a_limit_of_ones_own_goes_before_the_usual_one(
    run: Run, model: Model, author: User
) -> None:
    limit(BudgetScope.PERSON, "0.10")
    own = PersonLimit.objects.create(user=author, limit=Decimal(3))
    reserve(call_of(run, model))
    mine = Budget.objects.get(scope=BudgetScope.PERSON)
    assert mine.limit == 3
    own.limit = None
    own.save()
    keep_limits()
    mine.refresh_from_db()
    assert mine.limit is None


def test_a_new_month_begins_with_nothing_spent(run: Run, model: Model) -> None:
    limit(BudgetScope.SITE, "0.30")
    old = call_of(run, model)
    old.created_at = timezone.now() - timedelta(days=40)
    reserve(old)
    reserve(call_of(run, model))
    months = Budget.objects.filter(scope=BudgetScope.SITE).values_list("month", flat=True)
    assert set(months) == {month_of(old.created_at), month_of(timezone.now())}
    assert month_of(datetime(2026, 3, 31, 23, 59, tzinfo=UTC)).isoformat() == "2026-03-01"


def test_calls_made_at_the_same_time_do_not_exceed_a_limit(run: Run, model: Model) -> None:
    limit(BudgetScope.SITE, "2.00")
    calls = [call_of(run, model, "0.13") for _ in range(24)]
    refused: list[RoomTaken] = []

    def attempt(call: Call) -> None:
        try:
            reserve(call)
        except RoomTaken as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 24 - 15
    assert amounts(run) == {(Decimal(0), 15 * Decimal("0.13"))}


def test_reservations_of_killed_workers_are_settled_by_the_saved_text(
    run: Run, model: Model, settings: object
) -> None:
    call = call_of(run, model)
    reserve(call)
    assert call.attempt
    Chunk.objects.create(step=call.attempt.step, attempt=call.attempt, number=1, text="word " * 64)
    settle_abandoned()
    assert amounts(run) == {(Decimal(0), Decimal("0.25"))}
    long_ago = timezone.now() - timedelta(hours=1)
    Attempt.objects.filter(pk=call.attempt.pk).update(
        outcome=Attempt.Outcome.INTERRUPTED, ended_at=long_ago
    )
    reaper.reap()
    kept = Call.objects.get()
    assert (kept.prompt_tokens, kept.completion_tokens, kept.estimated) == (100, 100, True)
    assert kept.cost == Decimal("0.0014")
    assert amounts(run) == {(Decimal("0.0014"), Decimal(0))}
    # The worker was only late, and knows better.
    call.prompt_tokens, call.completion_tokens, call.cost = 80, 120, Decimal("0.00152")
    with transaction.atomic():
        settle([call])
    assert amounts(run) == {(Decimal("0.00152"), Decimal(0))}
