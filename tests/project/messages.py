"""The strings to translate, found as makemessages finds them, without needing gettext."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.utils.translation.template import templatize


class Message(NamedTuple):
    text: str
    plural: str = ""
    context: str = ""


# What each argument is, in order.
ARGUMENTS = {
    "_": ["text"],
    "gettext": ["text"],
    "gettext_lazy": ["text"],
    "gettext_noop": ["text"],
    "ngettext": ["text", "plural"],
    "ngettext_lazy": ["text", "plural"],
    "pgettext": ["context", "text"],
    "pgettext_lazy": ["context", "text"],
    "npgettext": ["context", "text", "plural"],
    "npgettext_lazy": ["context", "text", "plural"],
}
_LITERAL = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_CALL = re.compile(rf"\b({'|'.join(ARGUMENTS)})\(({_LITERAL}(?:, {_LITERAL})*)")


def in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if name in ARGUMENTS and len(values) >= len(ARGUMENTS[name]):
            yield Message(**dict(zip(ARGUMENTS[name], map(str, values), strict=False)))


def in_template(source: str) -> Iterator[Message]:
    for call in _CALL.finditer(templatize(source)):
        values = ast.literal_eval(f"[{call[2]}]")
        yield Message(**dict(zip(ARGUMENTS[call[1]], values, strict=False)))


def messages_in(folder: Path) -> set[Message]:
    """All strings of the Python files and the templates below the folder."""
    found: set[Message] = set()
    for path in folder.rglob("*"):
        if path.suffix == ".py":
            found.update(in_python(path.read_text()))
        elif path.suffix in {".html", ".txt"} and "prompts" not in path.parts:
            found.update(in_template(path.read_text()))
    return found
