"""JSON schemas of structured answers.

No maxLength: it makes small models cut words. Order matters: it is the order of writing.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from agents.models import Model
from writing.models import Document, Kind, Language

MAX_REMARKS = 5
MAX_POINTS = 4
SEVERITIES = ("minor", "major", "critical")
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
TITLE_REST = "[A-Za-z,' -]{5,48}"
# A guided title of this many characters may have been cut off inside a word.
GUIDED_TITLE_CHARACTERS = 52
SMALL_REMARKS = ("Explain why", "Say more about", "Give an example of")
REMARK_REST = "[a-z][A-Za-z' -]{10,60}[a-z][.]"
WHOLE_SENTENCE = r'^[A-Z][^".!?\\\n]{10,200}[.!?]$'
ONE_SENTENCE = "^[A-Z][A-Za-z,;:'() -]{30,120}[a-z][.]$"


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
    """{"sections": [{"title", "brief", "points"}]}, exactly `count` of them.

    A small model left alone gives each section the same title: the grammar begins each with words
    of its own and ends each brief after a sentence. It is asked for no key points.
    """
    if not is_guided(document, model):
        points = {"type": "array", "items": {"type": "string"}, "maxItems": MAX_POINTS}
        section = _object(
            title={"type": "string"},
            brief={"type": "string"},
            **({"points": points} if has_points(model) else {}),
        )
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
    """{"remarks": [{"sentence": 1..n, "remark", "severity"}], "score": 1..10}

    A small model is led through the text: one thing to ask for in each part of it. How much that
    matters it cannot tell.
    """
    score = {"type": "integer", "minimum": 1, "maximum": 10}
    if is_guided(document, model):
        count = min(sentence_count, len(SMALL_REMARKS))
        parts = [
            range(sentence_count * part // count + 1, sentence_count * (part + 1) // count + 1)
            for part in range(count)
        ]
        remarks = _exactly(
            _object(
                sentence={"type": "integer", "enum": list(numbers)},
                remark={"type": "string", "pattern": f"^{opening} {REMARK_REST}$"},
            )
            for numbers, opening in zip(parts, SMALL_REMARKS, strict=False)
        )
        return _object(remarks=remarks, score=score)
    number = {"type": "integer", "minimum": 1, "maximum": sentence_count}
    severity = {"type": "string", "enum": list(SEVERITIES)}
    remark = _object(sentence=number, remark={"type": "string"}, severity=severity)
    remarks = {"type": "array", "items": remark, "maxItems": MAX_REMARKS}
    return _object(remarks=remarks, score=score)


def edit_schema(numbers: Sequence[int], document: Document, model: Model) -> dict[str, Any]:
    """{"revisions": [{"sentence": one of `numbers`, "text"}]}, at most one for each."""
    if is_guided(document, model):
        text = {"type": "string", "pattern": WHOLE_SENTENCE}
        return _object(revisions=_exactly(_object(sentence=_is(n), text=text) for n in numbers))
    number = {"type": "integer", "enum": list(numbers)}
    revision = _object(sentence=number, text={"type": "string"})
    return _object(revisions={"type": "array", "items": revision, "maxItems": len(numbers)})


def has_points(model: Model) -> bool:
    """Whether the model plans well enough to allocate key points to sections."""
    return model.tier != Model.Tier.SMALL


def is_guided(document: Document, model: Model) -> bool:
    """Whether the model is so small that its answers need a grammar made for English."""
    return model.tier == Model.Tier.SMALL and document.language == Language.ENGLISH


def _is(number: int) -> dict[str, Any]:
    return {"type": "integer", "enum": [number]}


def _exactly(items: Iterable[dict[str, Any]]) -> dict[str, Any]:
    listed = list(items)
    count = len(listed)
    return {"type": "array", "prefixItems": listed, "minItems": count, "maxItems": count}
