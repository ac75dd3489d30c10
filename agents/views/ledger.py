"""What the calls of steps and attempts took."""

from decimal import Decimal

from django.db.models import DecimalField, F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Now

from agents.models import Attempt, Run, Step


def _sums(calls: str) -> dict[str, Coalesce]:
    money = DecimalField(max_digits=12, decimal_places=6)
    return {
        "prompt_tokens": Coalesce(Sum(f"{calls}__prompt_tokens"), 0),
        "cached_tokens": Coalesce(Sum(f"{calls}__cached_tokens"), 0),
        "completion_tokens": Coalesce(Sum(f"{calls}__completion_tokens"), 0),
        "cost": Coalesce(Sum(f"{calls}__cost"), Value(Decimal(0)), output_field=money),
    }


def steps_with_figures(run: Run) -> QuerySet[Step]:
    """The steps in the order in which they began; those that have not begun come last."""
    return (
        run.steps.select_related("role", "section")
        .annotate(
            tokens=Coalesce(Sum("attempts__calls__prompt_tokens"), 0)
            + Coalesce(Sum("attempts__calls__completion_tokens"), 0),
            cost=_sums("attempts__calls")["cost"],
            time=Coalesce("finished_at", Now()) - F("started_at"),
        )
        .order_by(F("started_at").asc(nulls_last=True), "section__position", "position")
    )


def attempts_with_figures(step: Step) -> QuerySet[Attempt]:
    return (
        step.attempts.select_related("model")
        .annotate(
            **_sums("calls"),
            time_to_first_words=F("first_token_at") - F("started_at"),
            time=Coalesce("ended_at", Now()) - F("started_at"),
        )
        .order_by("number")
    )
