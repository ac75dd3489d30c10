"""JSON schemas of structured answers.

No maxLength: it makes small models cut words. Order matters: it is the order of writing.
"""

from collections.abc import Sequence
from typing import Any

from writing.models import Document, Kind, Language

MAX_REMARKS = 5
NARRATIVE_KINDS = (Kind.STORY, Kind.SCREENPLAY)

EXPOSITORY_TITLES = (
    "Why ",
    "What ",
    "How ",
    "Where ",
    "When ",
    "Who ",
    "From ",
    "Beyond ",
    "Learning ",
    "Choosing ",
    "Looking ",
    "Keeping ",
)
NARRATIVE_TITLES = (
    "Before the ",
    "On the Way to ",
    "A Meeting with ",
    "The Secret of ",
    "What Happened ",
    "Through the ",
    "A Question about ",
    "The Return of ",
    "After the ",
    "The End of ",
)
ANY_TITLE = "[A-Z]"
TITLE_REST = "[A-Za-z0-9,' -]{5,40}"
ONE_SENTENCE = "^[A-Z][A-Za-z0-9,;:'() -]{30,120}[.]$"


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def plan_schema(count: int) -> dict[str, Any]:
    """{"sections": [{"title", "brief"}]}, exactly `count` of them."""
    section = _object(title={"type": "string"}, brief={"type": "string"})
    return _object(
        sections={"type": "array", "items": section, "minItems": count, "maxItems": count}
    )


def guided_plan_schema(count: int, document: Document, planned_count: int = 0) -> dict[str, Any]:
    """The same for a small model, which left alone gives each section the same title.

    The grammar begins each title with words of its own and ends each brief after a sentence.
    """
    if document.language != Language.ENGLISH:
        return plan_schema(count)
    openings = NARRATIVE_TITLES if document.kind in NARRATIVE_KINDS else EXPOSITORY_TITLES
    openings = (openings + (ANY_TITLE,) * (planned_count + count))[planned_count:][:count]
    sections = [
        _object(
            title={"type": "string", "pattern": f"^{opening}{TITLE_REST}$"},
            brief={"type": "string", "pattern": ONE_SENTENCE},
        )
        for opening in openings
    ]
    return _object(
        sections={
            "type": "array",
            "prefixItems": sections,
            "minItems": count,
            "maxItems": count,
        }
    )


def critique_schema(sentence_count: int) -> dict[str, Any]:
    """{"remarks": [{"sentence": 1..n, "remark"}], "score": 1..10}"""
    number = {"type": "integer", "minimum": 1, "maximum": sentence_count}
    remark = _object(sentence=number, remark={"type": "string"})
    return _object(
        remarks={"type": "array", "items": remark, "maxItems": MAX_REMARKS},
        score={"type": "integer", "minimum": 1, "maximum": 10},
    )


def edit_schema(numbers: Sequence[int]) -> dict[str, Any]:
    """{"revisions": [{"sentence": one of `numbers`, "text"}]}, at most one for each."""
    number = {"type": "integer", "enum": list(numbers)}
    revision = _object(sentence=number, text={"type": "string"})
    return _object(revisions={"type": "array", "items": revision, "maxItems": len(numbers)})
