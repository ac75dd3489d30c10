"""The steps of a run, copied from its workflow."""

from collections.abc import Sequence

from django.utils import timezone

from agents.choice import model_of
from agents.models import Model, Role, Run, Scope, StageKind, Step, StepState
from agents.prompts import is_guided, shared_prefix
from agents.wakes import wake
from writing.actions.text import body_of
from writing.models import Section
from writing.text.sentences import split

SENTENCES_OF_A_BEGINNING = 3


def share_prefix(
    run: Run, sections: Sequence[Section], *, drafted: Sequence[Section] | None = None
) -> None:
    """Keep what every prompt of the run begins with."""
    run.shared_prefix = prefix_of(run, sections, drafted=drafted)
    run.save(update_fields=["shared_prefix"])


def prefix_of(
    run: Run, sections: Sequence[Section], *, drafted: Sequence[Section] | None = None
) -> str:
    """The outline as it is now, and how those sections begin that stay as they are beside the ones
    to be `drafted`."""
    stages = run.stages.exclude(kind=StageKind.PLAN).select_related(
        "role__model",
        "role__fallback_model",
        "role__second_fallback_model",
        "model",
        "escalation_model",
    )
    models: set[Model] = set()
    workers: dict[tuple[str, int], Role] = {}
    for stage in stages:
        model = stage.model or model_of(stage.role)
        models |= {model, *filter(None, (stage.escalation_model, *stage.role.fallbacks))}
        if not is_guided(run.document, model):
            workers[stage.kind, stage.role_id] = stage.role
    return shared_prefix(
        run.document,
        sections,
        workers=[(kind, role) for (kind, _pk), role in workers.items()],
        written=_beginnings(sections, sections if drafted is None else drafted),
        context_tokens=min(model.context_tokens for model in models),
    )


def _beginnings(sections: Sequence[Section], drafted: Sequence[Section]) -> dict[int, str]:
    """The first sentences of the written neighbours of the drafted sections, by their numbers."""
    chosen = {section.pk for section in drafted}
    found: dict[int, str] = {}
    for index, section in enumerate(sections):
        beside = {other.pk for other in sections[max(0, index - 1) : index + 2]}
        if section.pk not in chosen and beside & chosen and section.word_count:
            first = split(body_of(section.pk))[:SENTENCES_OF_A_BEGINNING]
            found[index + 1] = " ".join(sentence.text for sentence in first)
    return {number: text for number, text in found.items() if text}


def add_plan_step(run: Run) -> Step | None:
    """The step of the workflow's planning stage, ready to be taken; in a transaction."""
    stage = run.stages.filter(kind=StageKind.PLAN).first()
    if stage is None:
        return None
    step = Step.objects.create(
        run=run,
        stage=stage,
        position=stage.position,
        kind=stage.kind,
        output=stage.output,
        role_id=stage.role_id,
        state=StepState.READY,
        ready_at=timezone.now(),
    )
    wake([step.pk], run.priority)
    return step


def add_section_steps(
    run: Run, sections: Sequence[Section], *, after: Step | None = None
) -> list[Step]:
    """One step for each section stage and section, in chains, and what comes after all of them; in
    a transaction.

    The first step of each chain is ready, or waits for the step `after`.
    """
    stages = list(run.stages.filter(scope=Scope.SECTION))
    now = timezone.now()
    steps: list[Step] = []
    for section in sections:
        before = after
        for number, stage in enumerate(stages):
            is_ready = number == 0 and after is None
            before = Step(
                run=run,
                section=section,
                after=before,
                stage=stage,
                position=stage.position,
                kind=stage.kind,
                output=stage.output,
                role_id=stage.role_id,
                state=StepState.READY if is_ready else StepState.WAITING,
                ready_at=now if is_ready else None,
            )
            steps.append(before)
    steps += [
        Step(
            run=run,
            stage=stage,
            position=stage.position,
            kind=stage.kind,
            output=stage.output,
            role_id=stage.role_id,
        )
        for stage in run.stages.filter(kind=StageKind.HARMONISE)
    ]
    Step.objects.bulk_create(steps)
    wake((step.pk for step in steps if step.state == StepState.READY), run.priority)
    return steps
