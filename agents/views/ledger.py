"""What the calls of steps and attempts took."""

from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Now

from agents.models import Attempt, Chunk, Provider, Run, StageKind, Step, Undoing

WRITING = (StageKind.WRITE, StageKind.EDIT, StageKind.HARMONISE)


def _sums(calls: str) -> dict[str, Any]:
    money = DecimalField(max_digits=12, decimal_places=6)
    return {
        "call_count": Count(calls),
        "prompt_tokens": Coalesce(Sum(f"{calls}__prompt_tokens"), 0),
        "cached_tokens": Coalesce(Sum(f"{calls}__cached_tokens"), 0),
        "completion_tokens": Coalesce(Sum(f"{calls}__completion_tokens"), 0),
        "cost": Coalesce(Sum(f"{calls}__cost"), Value(Decimal(0)), output_field=money),
    }


def steps_with_figures(run: Run) -> QuerySet[Step]:
    """The steps in the order in which they began; those that have not begun come last."""
    undone = Undoing.objects.filter(attempt__step=OuterRef("pk"), brought_back_at=None)
    return (
        run.steps.select_related("role", "section")
        .annotate(
            **_sums("attempts__calls"),
            tokens=F("prompt_tokens") + F("completion_tokens"),
            time=Coalesce("finished_at", Now()) - F("started_at"),
            is_undone=Exists(undone),
        )
        .order_by(F("started_at").asc(nulls_last=True), "section__position", "position")
    )


def attempts_with_figures(step: Step) -> QuerySet[Attempt]:
    """`has_text` says whether the attempt put words into a section that is still there."""
    is_gone = step.section is not None and step.section.deleted_at is not None
    writes = step.kind in WRITING and not is_gone
    own = Chunk.objects.filter(attempt=OuterRef("pk"))
    undone = Undoing.objects.filter(attempt=OuterRef("pk"), brought_back_at=None)
    return (
        step.attempts.select_related("model__provider", "revision")
        .annotate(
            **_sums("calls"),
            uncached_tokens=F("prompt_tokens") - F("cached_tokens"),
            has_text=Exists(own if writes else own.none()),
            is_undone=Exists(undone),
            time_to_worker=F("started_at") - F("ready_at"),
            time_to_answer=Coalesce("ended_at", Now()) - F("first_token_at"),
            time_to_first_words=F("first_token_at") - F("started_at"),
            time=Coalesce("ended_at", Now()) - F("started_at"),
        )
        .prefetch_related("undoings__undone_by", "undoings__brought_back_by")
        .order_by("number")
    )


def troubled_providers(run: Run) -> QuerySet[Provider]:
    """Those the run works with, or would, that do not answer."""
    mine = Q(models__roles__steps__run=run) | Q(pk__in=run.steps.values("provider"))
    return Provider.objects.filter(mine, open_since__isnull=False).distinct()
