"""Critique and edit, again and again until the critic is content."""

from agents.models import Step, StepState


def is_good_enough(critique: Step, score: int | None) -> bool:
    """Whether the score reaches what the critic's stage asks for: an editor has nothing to do."""
    stage = critique.stage
    return bool(stage and stage.threshold and score is not None and score >= stage.threshold)


def may_repeat(critique: Step) -> bool:
    """Whether the critic's stage leaves a further round."""
    stage = critique.stage
    return bool(stage and stage.threshold and critique.round < stage.rounds)


def add_round(edit: Step) -> None:
    """Critique and edit once more between this edit and what follows it.

    In the transaction that finishes the edit, before it does: so the new critique is released
    like any other successor.
    """
    following = list(edit.successors.values_list("pk", flat=True))
    before, again = edit, []
    for step in (edit.after, edit):
        if step is None:
            raise ValueError("an edit follows a critique")
        before = Step(
            run_id=edit.run_id,
            section_id=edit.section_id,
            after=before,
            stage_id=step.stage_id,
            round=edit.round + 1,
            position=step.position,
            kind=step.kind,
            output=step.output,
            role_id=step.role_id,
            state=StepState.WAITING,
        )
        again.append(before)
    Step.objects.bulk_create(again)
    Step.objects.filter(pk__in=following).update(after=before)
