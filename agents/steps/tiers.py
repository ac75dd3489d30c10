"""Which size of model a stage asks for."""

from agents.models import Model, Step


def tier_model(step: Step) -> Model | None:
    """The model that the step's stage names; None leaves the choice to its role."""
    return step.stage.model if step.stage else None
