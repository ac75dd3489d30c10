"""The steps of a run, copied from its workflow."""

from collections.abc import Sequence

from django.utils import timezone

from agents.choice import model_of
from agents.models import Run, Scope, StageKind, Step, StepState
from agents.prompts import shared_prefix
from agents.wakes import wake
from writing.models import Section


def share_prefix(run: Run, sections: Sequence[Section]) -> None:
    """What every prompt of the run begins with: the outline as it is now."""
    stages = run.workflow.stages.filter(scope=Scope.SECTION).select_related("role__model")
    context_tokens = min(model_of(stage.role).context_tokens for stage in stages)
    run.shared_prefix = shared_prefix(run.document, sections, context_tokens=context_tokens)
    run.save(update_fields=["shared_prefix"])


def add_plan_step(run: Run) -> Step | None:
    """The step of the workflow's planning stage, ready to be taken; in a transaction."""
    stage = run.workflow.stages.filter(kind=StageKind.PLAN).first()
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
    """One step for each section stage and section, in chains; in a transaction.

    The first step of each chain is ready, or waits for the step `after`.
    """
    stages = list(run.workflow.stages.filter(scope=Scope.SECTION))
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
    Step.objects.bulk_create(steps)
    wake((step.pk for step in steps if step.state == StepState.READY), run.priority)
    return steps
