"""What a batch is expected to take, before any of its documents is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from agents.briefs import Brief
from agents.budget import cost_of, is_priced
from agents.choice import model_of
from agents.estimate import NO_COST, NO_TIME, NOTHING, Tokens, plus
from agents.exceptions import NoModel
from agents.forecast import estimate_draft, of
from agents.lengths import sections_for
from agents.llm_types import Usage
from agents.models import Run, StageKind, Workflow
from agents.pace import Range, pace_of
from agents.prompts import plan_messages
from agents.tokens import estimate_prompt_tokens
from writing.models import Document, Section

# So many briefs stand for all: each takes some hundredths of a second.
MOST_SAMPLES = 8
# Of an outline, for each of its sections: title, brief and points.
PLANNED_TOKENS: Tokens = Range(40, 80, 140)


@dataclass(frozen=True)
class BatchEstimate:
    """Of all documents together, and until the last of them is done. `enough` is a budget with
    which they are likely to come to their end."""

    documents: int
    is_priced: bool
    tokens: Tokens
    cost: Range[Decimal]
    seconds: Range[float]
    enough: Decimal

    def kept(self) -> dict[str, Any]:
        """For `Batch.estimate`."""
        return {
            **vars(self),
            "cost": [str(amount) for amount in self.cost],
            "enough": str(self.enough),
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "BatchEstimate | None":
        """From `Batch.estimate`; None where there is none."""
        if not kept:
            return None
        return cls(
            documents=kept["documents"],
            is_priced=kept["is_priced"],
            tokens=Range(*kept["tokens"]),
            cost=Range(*(Decimal(amount) for amount in kept["cost"])),
            seconds=Range(*kept["seconds"]),
            enough=Decimal(kept["enough"]),
        )


@dataclass(frozen=True)
class _One:
    """Of one document; `throughput` as in `agents.estimate.Estimate`."""

    is_priced: bool
    tokens: Tokens
    cost: Range[Decimal]
    seconds: Range[float]
    throughput: Range[float]
    largest_call: Decimal


def estimate_batch(
    workflow: Workflow, briefs: Sequence[Brief], *, concurrency: int
) -> BatchEstimate | None:
    """None without briefs, for a workflow that does not outline or draft, and where no model is set
    up. Some of the briefs stand for all of them."""
    step = max(1, len(briefs) // MOST_SAMPLES)
    samples = [_estimate(workflow, brief) for brief in briefs[::step][:MOST_SAMPLES]]
    found = [one for one in samples if one]
    if not found:
        return None
    share = Decimal(len(briefs)) / len(found)
    tokens, cost, alone, beside = NOTHING, NO_COST, NO_TIME, NO_TIME
    for one in found:
        tokens, cost = plus(tokens, one.tokens), plus(cost, one.cost)
        alone, beside = plus(alone, one.seconds), plus(beside, one.throughput)
    cost = Range(*(amount * share for amount in cost))
    rounds = max(Decimal(1), Decimal(len(briefs)) / concurrency) / len(found)
    return BatchEstimate(
        documents=len(briefs),
        is_priced=any(one.is_priced for one in found),
        tokens=Range(*(round(count * share) for count in tokens)),
        cost=cost,
        seconds=Range(
            *(
                max(by_one * float(rounds), by_all * float(share))
                for by_one, by_all in zip(alone, beside, strict=True)
            )
        ),
        enough=cost.likely + max(one.largest_call for one in found),
    )


def _estimate(workflow: Workflow, brief: Brief) -> _One | None:
    document = Document(
        title=brief.title,
        brief=brief.brief,
        kind=brief.kind,
        language=brief.language,
        target_words=brief.target_words,
    )
    count = sections_for(brief.target_words, brief.kind)
    sections = [
        Section(document=document, title=brief.title, target_words=brief.target_words // count)
        for _number in range(count)
    ]
    drafted = estimate_draft(document, workflow, sections, present=sections)
    stage = workflow.stages.filter(kind=StageKind.PLAN).select_related("role__model").first()
    if drafted is None or stage is None:
        return None
    try:
        model = stage.model or model_of(stage.role)
    except NoModel:
        return None
    pace = pace_of(model, brief.language)
    run = Run(document=document, workflow=workflow)
    asked = estimate_prompt_tokens(plan_messages(run, stage.role, count, model=model))
    prompt = of(asked * pace.prompt_share)
    answer = Range(*(tokens * count for tokens in PLANNED_TOKENS))
    usages = [Usage(read, 0, written) for read, written in zip(prompt, answer, strict=True)]
    first, speed = pace.first_token, pace.tokens_per_second
    planning = Range(
        first.low + answer.low / speed.high,
        first.likely + answer.likely / speed.likely,
        first.high + answer.high / speed.low,
    )
    return _One(
        is_priced=drafted.is_priced or is_priced(model),
        tokens=plus(drafted.tokens, plus(prompt, answer)),
        cost=plus(drafted.cost, Range(*(cost_of(model, usage) for usage in usages))),
        seconds=plus(drafted.seconds, planning),
        throughput=drafted.throughput,
        largest_call=drafted.largest_call,
    )
