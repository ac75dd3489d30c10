"""What each agent did in a run, and what it took."""

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from agents.api.fields import Amount
from agents.models import Run, Step, StepState
from agents.models.workflows import StageKind
from agents.views.ledger import steps_with_figures
from writing.api.paging import Page, PageQuery, page_of


class StepOut(Schema):
    id: UUID
    kind: StageKind
    role: str
    section_id: UUID | None = Field(description="null: it is about the whole document.")
    section_title: str | None
    round: int
    state: StepState
    attempts: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: Amount
    started_at: datetime | None
    finished_at: datetime | None
    problem: str = Field(description="Why it failed and what to do.")
    notice: str

    @classmethod
    def of(cls, step: Step) -> "StepOut":
        """`step` as `steps_with_figures` gives it."""
        names = (
            "id kind section_id round state prompt_tokens cached_tokens completion_tokens cost "
            "started_at finished_at problem notice"
        )
        return cls(
            **{name: getattr(step, name) for name in names.split()},
            role=step.role.label,
            section_title=step.section.title if step.section else None,
            attempts=step.attempt_number,
        )


class StepPage(Page):
    items: list[StepOut]


def steps_of(run: Run, asked: PageQuery) -> StepPage:
    rows, page = page_of(steps_with_figures(run).order_by(*IN_ORDER), asked)
    return StepPage(items=[StepOut.of(row) for row in rows], **page)


# As they will begin; so a step stays on its page while others begin.
IN_ORDER = ("section__position", "round", "position", "pk")
