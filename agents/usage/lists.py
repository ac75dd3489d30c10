"""The rows behind a figure: calls, attempts or suggestions, newest first."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from agents.models import Attempt, Call
from agents.usage.counting import Sources
from agents.usage.periods import Period
from writing.models import Suggestion

# Prompts and answers are on the page of the step.
LONG = ("messages", "answer", "prices")


class List(models.TextChoices):
    CALLS = "calls", _("Calls to models")
    ATTEMPTS = "attempts", _("Attempts")
    FAILURES = "failures", _("Failed attempts")
    SUGGESTIONS = "suggestions", _("Suggestions decided on")


def keys_of(kind: List, sources: Sources, period: Period) -> QuerySet[Any, Any]:
    """The primary keys, ordered as an index has them."""
    rows = sources.of(period)
    ended = Q(outcome=Attempt.Outcome.FAILED)
    match kind:
        case List.CALLS:
            return rows.calls.order_by("-day", "-pk").values_list("pk", flat=True)
        case List.SUGGESTIONS:
            return rows.suggestions.order_by("-decided_at", "-pk").values_list("pk", flat=True)
        case List.ATTEMPTS:
            ended = ~Q(outcome=Attempt.Outcome.RUNNING)
    attempts = rows.attempts.filter(ended).order_by("-day", "-started_at", "-pk")
    return attempts.values_list("pk", flat=True)


def rows_of(kind: List, keys: Sequence[Any]) -> list[Any]:
    """The rows with what is shown of them, in the order of `keys`; one query."""
    found: QuerySet[Any]
    match kind:
        case List.CALLS:
            found = Call.objects.select_related(
                "document", "user", "role", "model__provider", "attempt__step__section"
            ).defer(*(f"attempt__{name}" for name in LONG), "attempt__step__result")
        case List.SUGGESTIONS:
            found = Suggestion.objects.select_related("section__document")
        case _:
            found = (
                Attempt.objects.annotate(time=F("ended_at") - F("started_at"))
                .select_related("document", "user", "role", "model__provider", "step__section")
                .defer(*LONG, "step__result")
            )
    rows: dict[Any, Any] = found.in_bulk(keys)
    return [rows[key] for key in keys if key in rows]


def steps_of(suggestions: Collection[Suggestion]) -> dict[UUID, UUID]:
    """By the attempt that proposed it, the step whose page explains it."""
    attempts = [suggestion.attempt for suggestion in suggestions if suggestion.attempt]
    return dict(Attempt.objects.filter(pk__in=attempts).order_by().values_list("pk", "step"))
