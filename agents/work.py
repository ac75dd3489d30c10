"""A claimed step together with what a worker needs to do it."""

import uuid
from dataclasses import dataclass, field

from agents.models import Chunk, Role, Run
from agents.schedule import Account, Claim, claim
from writing.actions.text import load_updates
from writing.models import Document, Section


@dataclass(frozen=True)
class Saved:
    """A piece of an earlier attempt's answer that is already in the text."""

    attempt_id: uuid.UUID
    text: str


@dataclass
class Work:
    """One attempt at a step. `seq` and `updates` are the section's text when it was claimed."""

    claim: Claim
    sections: list[Section]
    saved: list[Saved]
    seq: int = 0
    updates: list[bytes] = field(default_factory=list)
    account: Account = field(default_factory=Account)

    @property
    def run(self) -> Run:
        return self.claim.step.run

    @property
    def document(self) -> Document:
        return self.claim.step.run.document

    @property
    def role(self) -> Role:
        return self.claim.step.role

    @property
    def section(self) -> Section:
        section = self.claim.step.section
        if section is None:
            raise ValueError("a step of the document has no section")
        return section

    @property
    def mark(self) -> dict[str, str | int]:
        """The `agent` mark of what this attempt writes."""
        return {"attempt": str(self.claim.attempt.pk), "tone": self.role.tone}


def take(step_id: uuid.UUID) -> Work | None:
    """Claim the step and load what it needs; None if there is nothing to take."""
    claimed = claim(step_id)
    if claimed is None:
        return None
    step = claimed.step
    work = Work(
        claimed,
        list(Section.objects.present().filter(document_id=step.run.document_id)),
        [
            Saved(attempt_id, text)
            for attempt_id, text in Chunk.objects.filter(step=step)
            .order_by("number")
            .values_list("attempt_id", "text")
        ],
    )
    if step.section_id:
        work.seq, work.updates = load_updates(step.section_id)
    return work
