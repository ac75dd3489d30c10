"""What a call may cost at most is reserved before it is made; after it, what it did cost counts.

Each amount is taken from several budgets: the run's, that of the batch it belongs to, if any, and
this month's of who started the run and of the whole site. A conditional UPDATE takes it only where
the limit allows, so that calls made at the same time never exceed it together. Order of locks: run,
batch, person, site.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from types import EllipsisType
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import money
from agents.llm_errors import LLMError
from agents.llm_types import Usage
from agents.models import (
    Attempt,
    Batch,
    Budget,
    BudgetScope,
    Call,
    Chunk,
    Limits,
    Model,
    PersonLimit,
    Run,
)
from agents.models.fields import AmountField
from agents.models.ledger import month_of
from agents.tokens import estimate_tokens

PRICED_TOKENS = 1_000_000
SMALLEST = Decimal(1).scaleb(-AmountField.PLACES)
# A token is a byte at the least. What a provider puts around messages is ours to pay for too.
MOST_TOKENS_PER_MESSAGE = 32
MOST_ABANDONED = 200


@dataclass(frozen=True)
class Reached:
    """Which limit was reached, how much of it was used, and what the next call needed."""

    scope: str
    limit: Decimal
    used: Decimal
    needed: Decimal
    # A limit with which the run is likely to come to its end.
    enough: Decimal = Decimal(0)

    @classmethod
    def read(cls, kept: Mapping[str, str]) -> "Reached | None":
        """From `Run.limit_reached`; None where it is empty."""
        if not kept:
            return None
        amounts = {name: Decimal(kept[name]) for name in ("limit", "used", "needed", "enough")}
        return cls(scope=kept["scope"], **amounts)

    def kept(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}

    @property
    def currency(self) -> str:
        return str(settings.CURRENCY)

    @property
    def suggestion(self) -> Decimal:
        """Room for the next call at least, and for as much again as was used."""
        return money.up_to_cent(max(self.enough, self.used + max(self.needed, self.used)))

    @property
    def message(self) -> str:
        words = {
            BudgetScope.RUN: _(
                "The limit of this run is reached: %(used)s of %(limit)s are used, and the next "
                "call may cost up to %(needed)s."
            ),
            BudgetScope.BATCH: _(
                "The limit of the batch is reached: %(used)s of %(limit)s are used, and the next "
                "call may cost up to %(needed)s."
            ),
            BudgetScope.PERSON: _(
                "The monthly limit of the person who started this run is reached: %(used)s of "
                "%(limit)s are used, and the next call may cost up to %(needed)s."
            ),
            BudgetScope.SITE: _(
                "The monthly limit of the whole site is reached: %(used)s of %(limit)s are used, "
                "and the next call may cost up to %(needed)s."
            ),
        }
        amounts = {
            name: money.in_words(amount)
            for name, amount in (
                ("used", self.used),
                ("limit", self.limit),
                ("needed", self.needed),
            )
        }
        return words[BudgetScope(self.scope)] % amounts


class LimitReached(LLMError):
    """The call was not made, since it might have cost more than a limit allows."""

    def __init__(self, reached: Reached) -> None:
        super().__init__(reached.message)
        self.reached = reached


class RoomTaken(Exception):
    """What the limit still allows is reserved by calls under way, which will use less of it."""


def is_priced(model: Model) -> bool:
    return any((model.input_price, model.cached_price, model.output_price))


def cost_of(model: Model, usage: Usage) -> Decimal:
    """Rounded up to what the ledger keeps."""
    fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
    cost = (
        fresh * model.input_price
        + usage.cached_tokens * model.cached_price
        + usage.completion_tokens * model.output_price
    ) / PRICED_TOKENS
    return cost.quantize(SMALLEST, ROUND_CEILING)


def largest_cost(
    model: Model,
    messages: Sequence[Mapping[str, Any]],
    max_tokens: int,
    schema: Mapping[str, Any] | None = None,
) -> Decimal:
    """What the call costs if each byte of the prompt is a token and the answer is the longest."""
    texts = [message["content"] for message in messages]
    texts += [json.dumps(schema, ensure_ascii=False)] if schema else []
    prompt = sum(len(text.encode()) + MOST_TOKENS_PER_MESSAGE for text in texts)
    price = max(model.input_price, model.cached_price)
    cost = (prompt * price + max_tokens * model.output_price) / PRICED_TOKENS
    return cost.quantize(SMALLEST, ROUND_CEILING)


def open_budget(run: Run, limit: Decimal | EllipsisType | None = ...) -> None:
    """The run may spend so much, None: as much as the other limits allow; else the usual limit."""
    if isinstance(limit, EllipsisType):
        limit = default_limit(BudgetScope.RUN)
    Budget.objects.create(scope=BudgetScope.RUN, run=run, limit=limit)


def open_batch_budget(batch: Batch, limit: Decimal | None) -> None:
    """All runs of the batch together may spend so much, None: as much as the other limits allow."""
    Budget.objects.create(scope=BudgetScope.BATCH, batch=batch, limit=limit)


def reserve(call: Call, *, settled: Sequence[Call] = ()) -> None:
    """Take `call.reserved` and keep the call; what earlier calls left over is given back first.

    Raises LimitReached and RoomTaken, and then nothing has changed.
    """
    with transaction.atomic(durable=True):
        settle(settled)
        for scope, budget in _budgets_of(call):
            _take(scope, budget, call)
        call.save(force_insert=True)


def _budgets_of(call: Call) -> Iterator[tuple[BudgetScope, dict[str, Any]]]:
    """The fields that find the budgets, in the order of locks. A trial is of no run."""
    month, payer = month_of(call.created_at), call.user_id
    if call.run:
        payer = call.run.created_by_id
        yield BudgetScope.RUN, {"run_id": call.run.pk}
        if call.run.batch_id:
            yield BudgetScope.BATCH, {"batch_id": call.run.batch_id}
    if payer:
        yield BudgetScope.PERSON, {"user_id": payer, "month": month}
    yield BudgetScope.SITE, {"month": month}


def _take(scope: BudgetScope, fields: dict[str, Any], call: Call) -> None:
    amount = Value(call.reserved, output_field=AmountField())
    mine = Budget.objects.filter(scope=scope, **fields)
    room = mine.filter(Q(limit=None) | Q(limit__gte=F("spent") + F("reserved") + amount))
    if room.update(reserved=F("reserved") + amount):
        return
    budget, _is_new = Budget.objects.get_or_create(
        scope=scope, **fields, defaults={"limit": default_limit(scope, fields.get("user_id"))}
    )
    if room.update(reserved=F("reserved") + amount):
        return
    if budget.limit is None or budget.spent + call.reserved <= budget.limit:
        raise RoomTaken
    raise LimitReached(Reached(scope, budget.limit, budget.used, call.reserved))


def default_limit(scope: BudgetScope, user_id: int | None = None) -> Decimal | None:
    """The limit that administrators set; None: none."""
    limits = Limits.objects.first() or Limits()
    limit: Decimal | None
    match scope:
        case BudgetScope.RUN:
            limit = limits.per_run
        case BudgetScope.BATCH:
            limit = None
        case BudgetScope.SITE:
            limit = limits.per_site
        case BudgetScope.PERSON:
            own = PersonLimit.objects.filter(user=user_id).first()
            limit = own.limit if own else limits.per_person
    return limit


def room_of(user_id: int) -> dict[BudgetScope, Decimal]:
    """What is left of this month's limits for runs that this person starts; only where limited."""
    month = month_of(timezone.now())
    room: dict[BudgetScope, Decimal] = {}
    for scope, whose in ((BudgetScope.PERSON, {"user_id": user_id}), (BudgetScope.SITE, {})):
        budget = Budget.objects.filter(scope=scope, month=month, **whose).first() or Budget(
            limit=default_limit(scope, user_id)
        )
        if budget.limit is not None:
            room[scope] = max(Decimal(0), budget.limit - budget.used)
    return room


def settle(calls: Sequence[Call]) -> None:
    """Keep what the calls did cost and give the rest of what was reserved back; in a transaction.

    A call that was settled before, without its numbers, is put right. The calls stay as they are:
    if the transaction fails, they are settled again.
    """
    Call.objects.bulk_create(copy(call) for call in calls if not call.reserved)
    for call in calls:
        if call.reserved:
            _replace(call)


def _replace(call: Call) -> None:
    kept = Call.objects.select_for_update().filter(pk=call.pk)
    before = kept.values_list("reserved", "cost").first()
    if before is None:
        return
    given_back, counted = before
    if call.prompt_tokens or call.cost:
        settled = copy(call)
        settled.reserved = Decimal(0)
        settled.save(force_update=True)
    else:
        kept.delete()
    back = Value(given_back, output_field=AmountField())
    more = Value(call.cost - counted, output_field=AmountField())
    for scope, fields in _budgets_of(call):
        Budget.objects.filter(scope=scope, **fields).update(
            reserved=F("reserved") - back, spent=F("spent") + more
        )


def settle_abandoned() -> None:
    """Settle the calls of attempts that ended without their worker, by the text that was saved,
    and those of trials whose process is gone, of which no text was: they cost what they may.

    Only after a while: a worker that is merely late brings the provider's own numbers.
    """
    now = timezone.now()
    late = now - timedelta(seconds=settings.LEASE_SECONDS)
    abandoned = Q(attempt__ended_at__lt=late) & ~Q(attempt__outcome=Attempt.Outcome.RUNNING)
    over = late - timedelta(seconds=settings.ANSWER_SECONDS)
    abandoned |= Q(trial__isnull=False, created_at__lt=over)
    calls = Call.objects.filter(abandoned, reserved__gt=0).select_related("run", "model")
    for call in calls.order_by("pk")[:MOST_ABANDONED]:
        _estimate(call)
        with transaction.atomic(durable=True):
            settle([call])


def _estimate(call: Call) -> None:
    call.estimated, call.cost = True, call.reserved
    if call.attempt_id is None:
        return
    texts = Chunk.objects.filter(attempt=call.attempt_id).values_list("text", flat=True)
    call.completion_tokens = estimate_tokens("".join(texts))
    if call.model:
        usage = Usage(call.prompt_tokens, 0, call.completion_tokens)
        call.cost = min(call.reserved, cost_of(call.model, usage))
