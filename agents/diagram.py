"""What a workflow will do, for a document of a few sections."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.models import Model, Output, Role, Scope, Stage, StageKind

SECTIONS = 3


@dataclass(frozen=True)
class Column:
    """One stage: whole document or each section, by whom, with which model, how often at most.

    `begins_rounds` is a critic whose editor comes next; both repeat.
    """

    stage: Stage
    role: Role
    kind: str
    output: str
    model: Model | None
    sections: Sequence[int]
    begins_rounds: bool

    @property
    def is_of_document(self) -> bool:
        return not self.sections


def diagram_of(stages: Sequence[Stage], default: Model | None) -> list[Column]:
    """In the order of work; `stages` with their roles and models."""
    return [
        Column(
            stage=stage,
            role=stage.role,
            kind=str(StageKind(stage.kind).label),
            output=str(Output(stage.output).label) if stage.kind != StageKind.PLAN else "",
            model=stage.model or stage.role.model or default,
            sections=range(1, SECTIONS + 1) if stage.scope == Scope.SECTION else (),
            begins_rounds=stage.rounds > 1,
        )
        for stage in stages
    ]
