"""JSON schemas of structured answers.

No maxLength: it makes small models cut words. Order matters: it is the order of writing.
"""

from collections.abc import Sequence
from typing import Any

MAX_REMARKS = 5


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
