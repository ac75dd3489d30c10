"""Which model works on a step."""

from django.utils import translation
from django.utils.translation import gettext as _

from agents.exceptions import NoModel
from agents.models import Model, Provider, Role, Step
from agents.models.providers import Circuit

# What `choose_model` reads of a step: for select_related, so that it costs no query.
READS = (
    "role__model__provider",
    "role__fallback_model__provider",
    "stage__model__provider",
    "stage__escalation_model__provider",
)


def choose_model(step: Step, default: Model | None = None) -> Model:
    """The step's own model; its role's fallback model where the step has fallen back to it, or
    where that one's provider is down. Raises NoModel. Who chooses often gives the default model."""
    fallback = step.role.fallback_model
    if fallback and step.has_fallen_back:
        return fallback
    model = own_model(step, default)
    if fallback and _is_down(model.provider) and not _is_down(fallback.provider):
        return fallback
    return model


def _is_down(provider: Provider) -> bool:
    return provider.circuit == Circuit.OPEN


def own_model(step: Step, default: Model | None = None) -> Model:
    """The stage's model, else the role's, else the default one; raises NoModel."""
    from agents.steps.tiers import tier_model  # a step's modules claim others, as our callers do

    return tier_model(step) or model_of(step.role, default)


def stood_in_for(step: Step, model: Model) -> Model | None:
    """The step's own model, if `model` works only while the provider of that one is down."""
    if step.has_fallen_back or model.pk != step.role.fallback_model_id:
        return None
    own = own_model(step)
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
