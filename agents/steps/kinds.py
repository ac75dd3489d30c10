"""What a step of each kind does. Each takes a claimed step and finishes it, or raises."""

from collections.abc import Awaitable, Callable

from agents.hand import Hand
from agents.models import StageKind
from agents.steps import harmonise
from agents.steps.critique import critique
from agents.steps.edit import edit
from agents.steps.plan import plan
from agents.steps.write import write
from agents.work import Work

DOCUMENT_STEPS: dict[str, Callable[[Work], Awaitable[None]]] = {
    StageKind.PLAN: plan,
    StageKind.HARMONISE: harmonise.find,
}
SECTION_STEPS: dict[str, Callable[[Work, Hand], Awaitable[None]]] = {
    StageKind.WRITE: write,
    StageKind.CRITIQUE: critique,
    StageKind.EDIT: edit,
    StageKind.HARMONISE: harmonise.harmonise,
}
