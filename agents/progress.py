"""How far a run is: for the panel, the command line and JSON."""

import uuid
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from agents.models import Chunk, Run, RunState, Step, StepState
from agents.models.workflows import StageKind
from writing.models import SectionStatus

EXCERPT_CHARACTERS = 160
# Nobody reads more of them at once, and each takes a query.
EXCERPTS = 6
# Chunks hold about 50 ms of a stream each.
EXCERPT_CHUNKS = 24
# Before this share is done, an estimate of the rest would be a guess.
FRACTION_TO_ESTIMATE = 0.05


@dataclass(frozen=True)
class StepProgress:
    """`excerpt` is the end of what is being written; `is_waiting` means that the model has not
    begun to answer."""

    step_id: uuid.UUID
    section_id: uuid.UUID | None
    section_title: str
    kind: str
    role_name: str
    tone: int
    state: str
    is_waiting: bool
    excerpt: str
    problem: str
    notice: str


@dataclass(frozen=True)
class RunProgress:
    """`cost` is in the currency of the models' prices."""

    state: str
    steps_done: int
    steps_total: int
    fraction: float
    elapsed_seconds: float
    remaining_seconds: float | None
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: Decimal
    steps: list[StepProgress]


def progress(run: Run) -> RunProgress:
    steps = list(run.steps.select_related("section", "role"))
    running = [step for step in steps if step.state == StepState.RUNNING]
    excerpts = _excerpts(running[:EXCERPTS])
    done = sum(step.state == StepState.FINISHED for step in steps)
    fraction = 1.0
    if run.state == RunState.RUNNING:
        parts = sum(map(_part, running))
        # A plan is all that is known of a full run before its sections are.
        fraction = min((done + parts) / max(len(steps), 1), 0.99)
    elapsed = ((run.finished_at or timezone.now()) - run.created_at).total_seconds()
    remaining = None
    if run.state == RunState.RUNNING and fraction > FRACTION_TO_ESTIMATE:
        remaining = elapsed * (1 - fraction) / fraction
    sums = run.calls.aggregate(
        prompt=Sum("prompt_tokens"),
        cached=Sum("cached_tokens"),
        completion=Sum("completion_tokens"),
        cost=Sum("cost"),
    )
    return RunProgress(
        state=run.state,
        steps_done=done,
        steps_total=len(steps),
        fraction=fraction,
        elapsed_seconds=elapsed,
        remaining_seconds=remaining,
        prompt_tokens=sums["prompt"] or 0,
        cached_tokens=sums["cached"] or 0,
        completion_tokens=sums["completion"] or 0,
        cost=sums["cost"] or Decimal(0),
        steps=[_of_step(step, excerpts.get(step.pk, "")) for step in steps],
    )


def _part(step: Step) -> float:
    """How much of a running step is done, by the words of its section."""
    section = step.section
    if step.kind != StageKind.WRITE or section is None:
        return 0.5
    if section.status != SectionStatus.DRAFTING:
        return 0.0
    return min(section.word_count / max(section.target_words, 1), 0.95)


def _of_step(step: Step, excerpt: str) -> StepProgress:
    section = step.section
    return StepProgress(
        step_id=step.pk,
        section_id=step.section_id,
        section_title=section.title if section else "",
        kind=step.kind,
        role_name=step.role.label,
        tone=step.role.tone,
        state=step.state,
        is_waiting=step.state == StepState.RUNNING
        and section is not None
        and section.status == SectionStatus.WAITING,
        excerpt=excerpt,
        problem=step.problem,
        notice=step.notice,
    )


def _excerpts(steps: list[Step]) -> dict[uuid.UUID, str]:
    writing = [step for step in steps if step.kind == StageKind.WRITE]
    excerpts: dict[uuid.UUID, str] = {}
    for step in writing:
        newest = Chunk.objects.filter(step=step).order_by("-number")[:EXCERPT_CHUNKS]
        text = "".join(reversed(newest.values_list("text", flat=True)))
        excerpts[step.pk] = " ".join(text.split())[-EXCERPT_CHARACTERS:]
    return excerpts
