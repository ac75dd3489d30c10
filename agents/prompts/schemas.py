"""JSON schemas of structured answers.

No maxLength: it makes small models cut words. Order matters: it is the order of writing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from agents.models import Model
from writing.models import Document, Kind, Language

MAX_REMARKS = 5
MAX_SMALL_REMARKS = 3
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
WHOLE_SENTENCE = r'^[A-Z][^"\\\n]{10,400}[.!?]$'
ONE_SENTENCE = "^[A-Z][A-Za-z0-9,;:'() -]{30,120}[.]$"


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def plan_schema(
    count: int, document: Document, model: Model, *, planned_count: int = 0
) -> dict[str, Any]:
    """{"sections": [{"title", "brief"}]}, exactly `count` of them.

    A small model left alone gives each section the same title: the grammar begins each with words
    of its own and ends each brief after a sentence.
    """
    if not is_guided(document, model):
        section = _object(title={"type": "string"}, brief={"type": "string"})
        return _object(
            sections={"type": "array", "items": section, "minItems": count, "maxItems": count}
        )
    titles: tuple[str, ...] = (
        NARRATIVE_TITLES if document.kind in NARRATIVE_KINDS else EXPOSITORY_TITLES
    )
    openings = (titles + (ANY_TITLE,) * (planned_count + count))[planned_count:][:count]
    return _object(
        sections=_exactly(
            _object(
                title={"type": "string", "pattern": f"^{opening}{TITLE_REST}$"},
                brief={"type": "string", "pattern": ONE_SENTENCE},
            )
            for opening in openings
        )
    )


def critique_schema(sentence_count: int, document: Document, model: Model) -> dict[str, Any]:
    """{"remarks": [{"sentence": 1..n, "remark"}], "score": 1..10}"""
    number = {"type": "integer", "minimum": 1, "maximum": sentence_count}
    is_small = is_guided(document, model)
    text = {"type": "string", "pattern": ONE_SENTENCE} if is_small else {"type": "string"}
    remarks = {
        "type": "array",
        "items": _object(sentence=number, remark=text),
        "maxItems": MAX_SMALL_REMARKS if is_small else MAX_REMARKS,
    }
    return _object(remarks=remarks, score={"type": "integer", "minimum": 1, "maximum": 10})


def edit_schema(numbers: Sequence[int], document: Document, model: Model) -> dict[str, Any]:
    """{"revisions": [{"sentence": one of `numbers`, "text"}]}, at most one for each."""
    if is_guided(document, model):
        text = {"type": "string", "pattern": WHOLE_SENTENCE}
        return _object(revisions=_exactly(_object(sentence=_is(n), text=text) for n in numbers))
    number = {"type": "integer", "enum": list(numbers)}
    revision = _object(sentence=number, text={"type": "string"})
    return _object(revisions={"type": "array", "items": revision, "maxItems": len(numbers)})


def is_guided(document: Document, model: Model) -> bool:
    """Whether the model is so small that its answers need a grammar made for English."""
    return model.tier == Model.Tier.SMALL and document.language == Language.ENGLISH


def _is(number: int) -> dict[str, Any]:
    return {"type": "integer", "enum": [number]}


def _exactly(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    listed = list(items)
    count = len(listed)
    return {"type": "array", "prefixItems": listed, "minItems": count, "maxItems": count}
