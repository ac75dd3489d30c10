"""Which models the agents would work with, and what to say where there is none."""

from dataclasses import dataclass

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from agents.choice import model_of
from agents.exceptions import NoModel
from agents.models import Model, Role, Workflow


@dataclass(frozen=True)
class Worker:
    role: Role
    model: Model | None


def who_works(workflow: Workflow) -> list[Worker]:
    """The roles of the workflow's stages after the plan in order, each with its model."""
    stages = [stage for stage in workflow.stages.all() if stage.kind != "plan"]
    return [Worker(stage.role, stage.model or _model_or_none(stage.role)) for stage in stages]


def _model_or_none(role: Role) -> Model | None:
    try:
        return model_of(role)
    except NoModel:
        return None


def objection_to_models(user: User, role_kind: str) -> str | None:
    """What to do when a role of this kind has no model; None when all have one."""
    roles = Role.objects.filter(kind=role_kind, is_active=True).select_related("model__provider")
    if all(_model_or_none(role) for role in roles):
        return None
    if user.is_staff:
        return _("No model is set up yet. Add one under Administration, Providers.")
    return _("No model is set up yet. Ask an administrator to add one.")
