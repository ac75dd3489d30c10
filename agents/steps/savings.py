"""What a run saved because a smaller model did what a larger one stood by for."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from agents.budget import cost_of
from agents.llm_types import Usage
from agents.models import Call, Model, Run


@dataclass(frozen=True)
class Savings:
    """`cost` is what the larger models would have cost more; `tokens` is what they were spared,
    which is all there is to say of models without prices."""

    cost: Decimal
    tokens: int


def saved_by_tiers(run: Run) -> Savings | None:
    """None where no stage of the run has two models, or the smaller ones did nothing."""
    larger = "attempt__step__stage__escalation_model"
    sums = (
        Call.objects.filter(run=run)
        .exclude(**{larger: None})
        .exclude(model=F(larger))
        .order_by()
        .values(larger)
        .annotate(
            prompt=Sum("prompt_tokens"),
            cached=Sum("cached_tokens"),
            completion=Sum("completion_tokens"),
            paid=Sum("cost"),
        )
    )
    rows = list(sums)
    if not rows:
        return None
    models = Model.objects.in_bulk([row[larger] for row in rows])
    cost, tokens = Decimal(0), 0
    for row in rows:
        usage = Usage(row["prompt"], row["cached"], row["completion"])
        cost += cost_of(models[row[larger]], usage) - row["paid"]
        tokens += usage.prompt_tokens + usage.completion_tokens
    return Savings(cost, tokens)
