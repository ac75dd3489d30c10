import itertools
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from agents.models import RoleKind, Scope, Stage, StageKind, Workflow

# What a role of each kind does in a workflow.
STAGE_OF_ROLE: dict[str, StageKind] = {
    RoleKind.PLANNER: StageKind.PLAN,
    RoleKind.WRITER: StageKind.WRITE,
    RoleKind.CRITIC: StageKind.CRITIQUE,
    RoleKind.EDITOR: StageKind.EDIT,
    RoleKind.HARMONISER: StageKind.HARMONISE,
}
OF_THE_DOCUMENT = (StageKind.PLAN, StageKind.HARMONISE)


def make_default(workflow: Workflow) -> Workflow:
    """Saves `workflow` as the one default; the flag leaves the workflow that had it."""
    with transaction.atomic():
        Workflow.objects.filter(is_default=True).exclude(pk=workflow.pk).update(is_default=False)
        workflow.is_default = True
        workflow.save()
    return workflow


def objection_to(stages: Sequence[Stage]) -> str | None:
    """Why these stages, in this order, make no workflow; None if they do."""
    kinds = [STAGE_OF_ROLE[stage.role.kind] for stage in stages]
    return _objection_to_order(kinds) or next(
        filter(None, (_objection_to_settings(stages, kinds, n) for n in range(len(stages)))), None
    )


def _objection_to_order(kinds: Sequence[StageKind]) -> str | None:
    if kinds.count(StageKind.WRITE) != 1:
        return _("A workflow needs exactly one stage that writes.")
    if StageKind.PLAN in kinds[1:]:
        return _("Planning comes first, and only once.")
    if StageKind.HARMONISE in kinds[:-1]:
        return _("Harmonising comes last, and only once.")
    writing = kinds.index(StageKind.WRITE)
    if any(kind in (StageKind.CRITIQUE, StageKind.EDIT) for kind in kinds[:writing]):
        return _("Writing comes before critique and editing.")
    for before, kind in itertools.pairwise(kinds):
        if kind == StageKind.EDIT and before != StageKind.CRITIQUE:
            return _("An editor comes right after a critic: it works from the critic's remarks.")
    return None


def _objection_to_settings(
    stages: Sequence[Stage], kinds: Sequence[StageKind], number: int
) -> str | None:
    """Why the model, threshold and rounds of one of the stages make no sense."""
    stage, kind, name = stages[number], kinds[number], stages[number].role.label
    is_read_by_editor = kind == StageKind.CRITIQUE and StageKind.EDIT in kinds[number + 1 :][:1]
    objection = None
    if stage.rounds > 1 and not is_read_by_editor:
        objection = _("%(role)s: rounds belong to a critic whom an editor follows.")
    elif stage.rounds > 1 and not stage.threshold:
        objection = _("%(role)s: more than one round needs a threshold, the score to be reached.")
    elif stage.escalation_model and not stage.threshold:
        objection = _("%(role)s: a larger model needs a threshold, below which it works.")
    elif stage.escalation_model and not (StageKind.CRITIQUE in kinds[:number] or stage.rounds > 1):
        objection = _("%(role)s: a larger model needs a critic before it, who gives the score.")
    elif stage.threshold and not (is_read_by_editor or stage.escalation_model):
        objection = _(
            "%(role)s: a threshold needs a larger model, or belongs to a critic whom an editor "
            "follows."
        )
    return objection % {"role": name} if objection else None


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
            stage.save()
