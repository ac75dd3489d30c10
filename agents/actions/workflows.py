import itertools
from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from agents.choice import default_model
from agents.models import Output, RoleKind, Scope, Stage, StageKind, Workflow

# What a role of each kind does in a workflow.
STAGE_OF_ROLE: dict[str, StageKind] = {
    RoleKind.PLANNER: StageKind.PLAN,
    RoleKind.WRITER: StageKind.WRITE,
    RoleKind.CRITIC: StageKind.CRITIQUE,
    RoleKind.EDITOR: StageKind.EDIT,
    RoleKind.HARMONISER: StageKind.HARMONISE,
}
OF_THE_DOCUMENT = (StageKind.PLAN, StageKind.HARMONISE)
# These have no choice.
OUTPUT_OF_KIND = {StageKind.PLAN: Output.APPLY, StageKind.CRITIQUE: Output.COMMENT}


def make_default(workflow: Workflow) -> Workflow:
    """Saves `workflow` as the one default; the flag leaves the workflow that had it."""
    with transaction.atomic():
        Workflow.objects.filter(is_default=True).exclude(pk=workflow.pk).update(is_default=False)
        workflow.is_default = True
        workflow.save()
    return workflow


def objection_to_retiring(workflow: Workflow) -> str | None:
    """Why the workflow has to stay in use; None if it need not."""
    if not workflow.is_default:
        return None
    return _("%(name)s is the default workflow: make another one the default first.") % {
        "name": workflow.label
    }


def objections_to(stages: Sequence[Stage], *, has_default_model: bool | None = None) -> list[str]:
    """Why these stages, in this order, make no workflow; empty if they do. Who asks about many
    says whether there is a default model."""
    kinds = [STAGE_OF_ROLE[stage.role.kind] for stage in stages]
    if has_default_model is None:
        has_default_model = default_model() is not None
    found = list(_objections_to_order(kinds))
    for number, stage in enumerate(stages):
        found += [
            objection % {"role": stage.role.label}
            for objection in (
                *_objections_to_role(stage, has_default_model),
                *_objections_to_settings(stages, kinds, number),
            )
        ]
    return list(dict.fromkeys(found))


def _objections_to_order(kinds: Sequence[StageKind]) -> Iterator[str]:
    if kinds.count(StageKind.WRITE) != 1:
        yield _("A workflow needs exactly one stage that writes.")
    if StageKind.PLAN in kinds[1:]:
        yield _("Planning comes first, and only once.")
    if StageKind.HARMONISE in kinds[:-1]:
        yield _("Harmonising comes last, and only once: it reads all sections.")
    if StageKind.WRITE in kinds:
        before = kinds[: kinds.index(StageKind.WRITE)]
        if StageKind.CRITIQUE in before or StageKind.EDIT in before:
            yield _("Writing comes before critique and editing.")
    for before_it, kind in itertools.pairwise([None, *kinds]):
        if kind == StageKind.EDIT and before_it != StageKind.CRITIQUE:
            yield _("An editor comes right after a critic: it works from the critic's remarks.")


def _objections_to_role(stage: Stage, has_default_model: bool) -> Iterator[str]:
    if not (stage.model or stage.role.model or has_default_model):
        yield _(
            "%(role)s has no model to work with: choose one for the stage or the role, or make a "
            "model the default."
        )
    if not stage.role.is_active:
        yield _("%(role)s is not in use any more: choose another role, or put it back in use.")


def _objections_to_settings(
    stages: Sequence[Stage], kinds: Sequence[StageKind], number: int
) -> Iterator[str]:
    """Why the output, model, threshold and rounds of one of the stages make no sense."""
    stage, kind = stages[number], kinds[number]
    is_read_by_editor = kind == StageKind.CRITIQUE and StageKind.EDIT in kinds[number + 1 :][:1]
    if kind == StageKind.WRITE and stage.output == Output.COMMENT:
        yield _("%(role)s: a draft is written or suggested; comments are for critics and editors.")
    if stage.rounds > 1 and not is_read_by_editor:
        yield _("%(role)s: rounds belong to a critic whom an editor follows.")
    elif stage.rounds > 1 and stages[number + 1].output != Output.APPLY:
        yield _(
            "%(role)s: more than one round needs an editor whose words are applied: otherwise the "
            "same text would be read again."
        )
    elif stage.rounds > 1 and not stage.threshold:
        yield _("%(role)s: more than one round needs a threshold, the score to be reached.")
    elif stage.escalation_model and not stage.threshold:
        yield _("%(role)s: a larger model needs a threshold, below which it works.")
    elif stage.escalation_model and not (StageKind.CRITIQUE in kinds[:number] or stage.rounds > 1):
        yield _("%(role)s: a larger model needs a critic before it, who gives the score.")
    elif stage.threshold and not (is_read_by_editor or stage.escalation_model):
        yield _(
            "%(role)s: a threshold needs a larger model, or belongs to a critic whom an editor "
            "follows."
        )


def set_stages(workflow: Workflow, stages: Sequence[Stage]) -> None:
    """Makes `stages` the stages of the workflow, in this order, each of its role's kind."""
    with transaction.atomic():
        kept = [stage.pk for stage in stages if stage.pk]
        workflow.stages.exclude(pk__in=kept).delete()
        # Two stages that change places would meet on one position: move all out of the way first.
        beyond = 1000
        for number, pk in enumerate(kept):
            Stage.objects.filter(pk=pk).update(position=beyond + number)
        for position, stage in enumerate(stages, start=1):
            stage.workflow = workflow
            stage.position = position
            stage.kind = STAGE_OF_ROLE[stage.role.kind]
            stage.scope = Scope.DOCUMENT if stage.kind in OF_THE_DOCUMENT else Scope.SECTION
            stage.output = OUTPUT_OF_KIND.get(StageKind(stage.kind), Output(stage.output))
            stage.save()
