"""Which model works on a step."""

from collections.abc import Collection

from django.utils import translation
from django.utils.translation import gettext as _

from agents.exceptions import NoModel
from agents.models import Model, Provider, Role, Stage, Step
from agents.models.providers import Circuit


def furnish(steps: Collection[Step]) -> Model | None:
    """Give the steps their roles, stages and models, for `choose_model`; gives the default model.

    In three small queries: one that joins all of them took longer to build than these to run.
    """
    models = {model.pk: model for model in Model.objects.select_related("provider")}
    roles = Role.objects.in_bulk({step.role_id for step in steps})
    stages = Stage.objects.in_bulk({step.stage_id for step in steps if step.stage_id})
    for role in roles.values():
        role.model = models.get(role.model_id or 0)
        role.fallback_model = models.get(role.fallback_model_id or 0)
        role.second_fallback_model = models.get(role.second_fallback_model_id or 0)
    for stage in stages.values():
        stage.model = models.get(stage.model_id or 0)
        stage.escalation_model = models.get(stage.escalation_model_id or 0)
    for step in steps:
        step.role = roles[step.role_id]
        step.stage = stages.get(step.stage_id or 0)
    return next((model for model in models.values() if model.is_default), None)


def choose_model(step: Step, default: Model | None = None) -> Model:
    """The step's own model, or that of its role's fallback models which it has fallen back to;
    where its provider is down, the next one whose provider is not. Raises NoModel. Who chooses
    often gives the default model."""
    model, *others = _in_order(step, default)
    if others and _is_down(model.provider):
        return next((other for other in others if not _is_down(other.provider)), model)
    return model


def _in_order(step: Step, default: Model | None = None) -> list[Model]:
    """The models that are still to be tried."""
    fallbacks = step.role.fallbacks
    if step.fallback_number and fallbacks:
        return fallbacks[min(step.fallback_number, len(fallbacks)) - 1 :]
    return [own_model(step, default), *fallbacks]


def _is_down(provider: Provider) -> bool:
    return provider.circuit == Circuit.OPEN


def own_model(step: Step, default: Model | None = None) -> Model:
    """The stage's model, else the role's, else the default one; raises NoModel."""
    from agents.steps.tiers import tier_model  # a step's modules claim others, as our callers do

    return tier_model(step) or model_of(step.role, default)


def stood_in_for(step: Step, model: Model) -> Model | None:
    """The step's model, if `model` works only while the provider of that one is down."""
    if model.pk not in {other.pk for other in step.role.fallbacks[step.fallback_number :]}:
        return None
    own = _in_order(step)[0]
    return own if own.pk != model.pk else None


def notice_of(step: Step, fallback: Model, problem: str) -> str:
    """What the author is told where the fallback model works, in the run's language."""
    with translation.override(step.run.locale):
        return _("%(role)s went on with the fallback model %(model)s. The reason: %(problem)s") % {
            "role": step.role.label,
            "model": fallback,
            "problem": problem,
        }


def model_of(role: Role, default: Model | None = None) -> Model:
    """The model a role works with by itself; raises NoModel."""
    model = role.model or default or default_model()
    if model is None:
        raise NoModel(
            _(
                "No model is set up. Ask an administrator to add a provider and to choose a "
                "default model."
            )
        )
    return model


def default_model() -> Model | None:
    return Model.objects.filter(is_default=True).select_related("provider").first()
