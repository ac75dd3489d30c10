"""Reads figures off the rows: a constant number of grouped queries, whatever there is to count."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import (
    Count,
    DecimalField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Substr
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.budget import SMALLEST
from agents.models import Attempt, Call
from agents.usage.figures import Figures
from agents.usage.periods import Period
from writing.models import Suggestion

Key = int | UUID | None


class Dimension(models.TextChoices):
    """What rows are told apart by; also the name of the field that says so."""

    DOCUMENT = "document", _("Document")
    USER = "user", _("Person")
    ROLE = "role", _("Role")
    MODEL = "model", _("Model")


@dataclass(frozen=True, slots=True)
class Sources:
    """What somebody may have counted, narrowed down to what they asked for; of any day."""

    calls: QuerySet[Call]
    attempts: QuerySet[Attempt]
    suggestions: QuerySet[Suggestion]

    def of(self, period: Period) -> "Sources":
        """The suggestions are those that were decided in the period."""
        days = {"day__gte": period.first, "day__lte": period.last}
        start, end = (
            timezone.make_aware(datetime.combine(day, time.min))
            for day in (period.first, period.last + timedelta(days=1))
        )
        return Sources(
            # Not under way any more; so written, SQLite finds them by the day.
            self.calls.filter(**days).exclude(reserved__gt=0).order_by(),
            self.attempts.filter(**days).order_by(),
            self.suggestions.filter(
                attempt__isnull=False,
                accepted__isnull=False,
                decided_at__gte=start,
                decided_at__lt=end,
            ).order_by(),
        )

    def only(self, **narrowed: Any) -> "Sources":
        """Suggestions know their attempt alone; the attempt knows whom it counts for."""
        if not narrowed:
            return self
        attempts = self.attempts.filter(**narrowed)
        return Sources(
            self.calls.filter(**narrowed),
            attempts,
            self.suggestions.filter(attempt__in=attempts.order_by().values("pk")),
        )


@dataclass(slots=True)
class Counted:
    """The figures of a period, by day and by what one dimension tells apart."""

    by_day: defaultdict[date, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by_key: defaultdict[Key, Figures] = field(default_factory=lambda: defaultdict(Figures))

    def add(self, day: date, key: Key, figures: Figures) -> None:
        self.by_day[day].add(figures)
        self.by_key[key].add(figures)

    @property
    def total(self) -> Figures:
        total = Figures()
        for figures in self.by_day.values():
            total.add(figures)
        return total


def _call_sums() -> dict[str, Any]:
    said = Q(first_token_seconds__isnull=False, seconds__gt=F("first_token_seconds"))
    money = DecimalField(max_digits=18, decimal_places=6)
    answering = Sum(F("seconds") - F("first_token_seconds"), filter=said)
    return {
        "calls": Count("pk"),
        "cost": Coalesce(Sum("cost"), Value(Decimal(0)), output_field=money),
        "prompt_tokens": Coalesce(Sum("prompt_tokens"), 0),
        "cached_tokens": Coalesce(Sum("cached_tokens"), 0),
        "completion_tokens": Coalesce(Sum("completion_tokens"), 0),
        "first_token_seconds": Coalesce(Sum("first_token_seconds"), 0.0),
        "answered_calls": Count("first_token_seconds"),
        "answered_tokens": Coalesce(Sum("completion_tokens", filter=said), 0),
        "answering_seconds": Coalesce(answering, 0.0),
    }


def _attempt_sums() -> dict[str, Any]:
    ended = ~Q(outcome=Attempt.Outcome.RUNNING)
    return {
        "attempts": Count("pk", filter=ended),
        "failures": Count("pk", filter=Q(outcome=Attempt.Outcome.FAILED)),
        "waited_seconds": Coalesce(Sum("waited_seconds"), 0.0),
        "waits": Count("waited_seconds"),
    }


def _named(sums: dict[str, Any]) -> dict[str, Any]:
    """Under names that no field has: Django takes a name for the sum once there is one."""
    return {f"sum_{name}": expression for name, expression in sums.items()}


def _figures(sums: dict[str, Any]) -> Figures:
    """SQLite adds up floats: what the ledger keeps is exact to the sixth place."""
    if "cost" in sums:
        sums["cost"] = sums["cost"].quantize(SMALLEST)
    return Figures(**sums)


def _sums_of(query: QuerySet[Any], sums: dict[str, Any]) -> dict[str, Any]:
    found = query.aggregate(**_named(sums))
    return {name: found[f"sum_{name}"] for name in sums}


def count(sources: Sources, period: Period, by: Dimension) -> Counted:
    """Three queries."""
    counted, rows = Counted(), sources.of(period)
    for query, sums in ((rows.calls, _call_sums()), (rows.attempts, _attempt_sums())):
        for day, key, *figures in query.values_list("day", by).annotate(**_named(sums)):
            counted.add(day, key, _figures(dict(zip(sums, figures, strict=True))))
    for day, key, figures in _decisions(rows.suggestions, by):
        counted.add(day, key, figures)
    return counted


def _decisions(
    suggestions: QuerySet[Suggestion], by: Dimension
) -> Iterator[tuple[date, Key, Figures]]:
    attempts = Attempt.objects.filter(pk=OuterRef("attempt")).order_by()
    rows = suggestions.annotate(
        # Both databases keep it in UTC and write it so; SQLite would have Python cut each date out.
        on=Substr(Cast("decided_at", TextField()), 1, 10),
        key=Subquery(attempts.values(by)[:1], output_field=_key_field(by)),
    )
    for day, key, is_accepted, number in rows.values_list("on", "key", "accepted").annotate(
        number=Count("pk")
    ):
        accepted = number if is_accepted else 0
        yield date.fromisoformat(day), key, Figures(decided=number, accepted=accepted)


def _key_field(by: Dimension) -> "models.Field[Any, Any]":
    """Of the key itself: Django does not convert what a subquery says of a foreign one."""
    field = Attempt._meta.get_field(by)
    assert isinstance(field, models.ForeignKey)  # noqa: S101 (for the type checker)
    return field.target_field


def total(sources: Sources, period: Period) -> Figures:
    """Of the whole period; three queries."""
    rows = sources.of(period)
    answers = {"decided": Count("pk"), "accepted": Count("pk", filter=Q(accepted=True))}
    return _figures(
        _sums_of(rows.calls, _call_sums())
        | _sums_of(rows.attempts, _attempt_sums())
        | _sums_of(rows.suggestions, answers)
    )


def beginning(sources: Sources, today: date) -> date:
    """The day of the first call or attempt; today where there is none."""
    first = [
        query.order_by().aggregate(models.Min("day"))["day__min"]
        for query in (sources.calls, sources.attempts)
    ]
    return min((day for day in first if day), default=today)
