"""Which model works on a step."""

from django.utils.translation import gettext as _

from agents.exceptions import NoModel
from agents.models import Model, Role, Step

# What `choose_model` reads of a step: for select_related, so that it costs no query.
READS = (
    "role__model__provider",
    "role__fallback_model__provider",
    "stage__model__provider",
    "stage__escalation_model__provider",
)


def choose_model(step: Step, default: Model | None = None) -> Model:
    """The stage's model, else the role's, else the default one, which is looked up unless it is
    given; the role's fallback model where the step has fallen back to it or the other's provider
    is resting. Raises NoModel."""
    from agents.steps.tiers import tier_model  # the steps claim further steps, which is our caller

    fallback = step.role.fallback_model
    if fallback and step.has_fallen_back:
        return fallback
    model = tier_model(step) or model_of(step.role, default)
    if fallback and model.provider.is_resting and not fallback.provider.is_resting:
        return fallback
    return model


def default_model() -> Model | None:
    return Model.objects.filter(is_default=True).select_related("provider").first()


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
