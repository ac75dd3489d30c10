"""The nodes and marks of a section's text, from the file that the browser reads too.

y-prosemirror deletes from the shared text whatever it cannot build with them.
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.output import mark_name
from writing.text.tree import Marks, attributes, children, runs

FILE = Path(__file__).resolve().parent.parent.parent / "static" / "js" / "schema.json"
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int, float)}


class SchemaError(ValueError):
    """A browser would delete this."""


@cache
def nodes() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text())["nodes"])


@cache
def marks() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text())["marks"])


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """What the values of some attributes must look like, by the attributes' names. No two elements
    have one of these in common."""
    specs = [spec for node in nodes().values() for spec in node.get("attrs", {}).items()]
    return {name: re.compile(spec["pattern"]) for name, spec in specs if "pattern" in spec}


def validate(body: XmlFragment) -> None:
    """Raises `SchemaError` unless a browser can show everything. An empty body is valid: browsers
    put a paragraph into it."""
    blocks = children(body)
    if blocks:
        _check_content("doc", blocks)
    for block in blocks:
        _validate(block, "doc")


def _validate(node: XmlElement | XmlText, parent: str) -> None:
    if isinstance(node, XmlText):
        for _, keyed in runs(node):
            _check_marks(keyed, parent)
        return
    tag = node.tag or ""
    if tag not in nodes():
        raise SchemaError(f"no node {tag}")
    _check_values(tag, nodes()[tag].get("attrs", {}), attributes(node))
    _check_content(tag, children(node))
    for child in children(node):
        _validate(child, tag)


def _check_content(tag: str, content: Sequence[XmlElement | XmlText]) -> None:
    """The kinds of nodes inside another, as a regular expression over their names."""
    names = []
    for node in content:
        if isinstance(node, XmlElement):
            names.append(node.tag or "")
        elif len(node):
            names.append("text")
    if not re.fullmatch(_pattern(tag), "".join(f"{name} " for name in names)):
        raise SchemaError(f"{tag} holds {' '.join(names) or 'nothing'}")


@cache
def _pattern(tag: str) -> str:
    expression = str(nodes()[tag].get("content", ""))
    groups: dict[str, list[str]] = {}
    for name, spec in nodes().items():
        groups.setdefault(spec.get("group", ""), []).append(name)

    def names(found: re.Match[str]) -> str:
        return "(?:" + "|".join(f"{name} " for name in groups.get(found[0], [found[0]])) + ")"

    return (
        re.sub(r"\w+", names, expression.replace(" ", ""))
        if "|" in expression
        else "".join(re.sub(r"\w+", names, part) for part in expression.split())
    )


def _check_marks(keyed: Marks, parent: str) -> None:
    allowed = nodes()[parent].get("marks")
    for key, values in keyed.items():
        name = mark_name(key)
        if name not in marks() or (allowed is not None and name not in allowed.split()):
            raise SchemaError(f"no mark {name} in {parent}")
        if not isinstance(values, dict):
            raise SchemaError(f"mark {name} without attributes")
        _check_values(name, marks()[name].get("attrs", {}), values)


def allows(spec: dict[str, Any], value: Any) -> bool:
    """Whether an attribute may have this value."""
    types = _TYPES.get(spec.get("type", ""))
    if types and (not isinstance(value, types) or value is True or value is False):
        return False
    if isinstance(value, int | float) and not (
        spec.get("minimum", value) <= value <= spec.get("maximum", value)
    ):
        return False
    return "pattern" not in spec or bool(re.fullmatch(spec["pattern"], str(value)))


def _check_values(name: str, specs: dict[str, Any], values: dict[str, Any]) -> None:
    for key, spec in specs.items():
        value = values.get(key, spec.get("default"))
        if value is None and ("default" not in spec or spec["default"] is not None):
            raise SchemaError(f"{name} without {key}")
        types = _TYPES.get(spec.get("type", ""))
        if value is not None and types and (not isinstance(value, types) or value is True):
            raise SchemaError(f"{name} with a {key} of {value!r}")
        if "pattern" in spec and not re.fullmatch(spec["pattern"], str(value)):
            raise SchemaError(f"{name} with a {key} of {value!r}")
