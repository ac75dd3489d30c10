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
}


def make_default(workflow: Workflow) -> Workflow:
    """Saves `workflow` as the one default; the flag leaves the workflow that had it."""
    with transaction.atomic():
        Workflow.objects.filter(is_default=True).exclude(pk=workflow.pk).update(is_default=False)
        workflow.is_default = True
        workflow.save()
    return workflow


def objection_to(kinds: Sequence[str]) -> str | None:
    """Why stages of these kinds, in this order, make no workflow; None if they do."""
    if kinds.count(StageKind.WRITE) != 1:
        return _("A workflow needs exactly one stage that writes.")
    if StageKind.PLAN in kinds[1:]:
        return _("Planning comes first, and only once.")
    writing = kinds.index(StageKind.WRITE)
    if any(kind in (StageKind.CRITIQUE, StageKind.EDIT) for kind in kinds[:writing]):
        return _("Writing comes before critique and editing.")
    for before, kind in itertools.pairwise(kinds):
        if kind == StageKind.EDIT and before != StageKind.CRITIQUE:
            return _("An editor comes right after a critic: it works from the critic's remarks.")
    return None


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
            stage.scope = Scope.DOCUMENT if stage.kind == StageKind.PLAN else Scope.SECTION
            stage.save()
