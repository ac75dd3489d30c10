"""Model tiers: a stage's own model, and a larger one where the critic's score calls for it."""

from agents.models import Model, StageKind, Step, StepState


def tier_model(step: Step) -> Model | None:
    """The model that the step's stage names, None where it leaves that to the role.

    Asks the database only where a stage escalates and the critic did not work just before.
    """
    stage = step.stage
    if stage is None:
        return None
    if stage.escalation_model and stage.threshold:
        score = _newest_score(step)
        if score is not None and score < stage.threshold:
            return stage.escalation_model
    return stage.model


def _newest_score(step: Step) -> int | None:
    """What the critic last gave the section in this run."""
    if step.after and step.after.kind == StageKind.CRITIQUE:
        return score_of(step.after)
    newest = (
        Step.objects.filter(
            run=step.run_id,
            section=step.section_id,
            kind=StageKind.CRITIQUE,
            state=StepState.FINISHED,
        )
        .order_by("-finished_at")
        .first()
    )
    return score_of(newest) if newest else None


def score_of(critique: Step) -> int | None:
    score = critique.result.get("score")
    return score if isinstance(score, int) else None
