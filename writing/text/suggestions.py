"""What is suggested in a text, for people to read it beside the text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pycrdt import XmlElement, XmlFragment, XmlText

from writing.text.deciding import TEXT_BLOCKS, has_suggestions
from writing.text.marking import (
    BORDER,
    DELETION,
    INSERTION,
    MODIFICATION,
    Mark,
    inline_marks,
    marks_of,
)
from writing.text.tree import Parent, children, runs, size, texts

SAME = "same"
# Stands for the border of a block, where one is suggested to be made or to go.
PILCROW = "¶"
LINE_END = "↵"
# Of the words before, between and after what changes.
CONTEXT_CHARACTERS = 48


@dataclass(slots=True)
class Piece:
    """Characters of one kind: "same", "insertion", "deletion", or "modification" of their look."""

    kind: str
    text: str


@dataclass(slots=True)
class Suggested:
    """One suggestion as it stands in the text. `changes` are those of blocks, and of how characters
    look, as the marks have them: their kind, their attributes and the block's tag, if any."""

    id: str
    pieces: list[Piece] = field(default_factory=list)
    changes: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    @property
    def old(self) -> str:
        return self._text(DELETION)

    @property
    def new(self) -> str:
        return self._text(INSERTION)

    def _text(self, kind: str) -> str:
        words = (piece.text.replace(PILCROW, "") for piece in self.pieces if piece.kind == kind)
        return " … ".join(text for text in words if text)


def suggested_in(body: XmlFragment) -> list[Suggested]:
    """All suggestions in the order of the text."""
    if not has_suggestions(body):
        return []
    found: dict[str, Suggested] = {}
    for line in _lines(body):
        _note(found, line)
    for look in _looks(body):
        found[look["id"]].changes.append((MODIFICATION, look, ""))
    for block in _blocks(body):
        for mark in marks_of(block):
            suggestion = found.setdefault(mark["attrs"]["id"], Suggested(mark["attrs"]["id"]))
            suggestion.changes.append((mark["type"], mark["attrs"], block.tag or ""))
    order = list(_order(body))
    return sorted(found.values(), key=lambda suggestion: order.index(suggestion.id))


def ids_in(body: XmlFragment) -> set[str]:
    return set(_order(body)) if has_suggestions(body) else set()


def agents_suggestions(body: XmlFragment) -> set[str]:
    """The ids of those that would put an agent's words into the text."""
    if not has_suggestions(body):
        return set()
    return {
        str(values["id"])
        for _, _, text in texts(body)
        for _, keyed in runs(text)
        if "agent" in keyed
        for _, kind, values in inline_marks(keyed)
        if kind == INSERTION
    }


def is_free(text: XmlText, start: int, end: int) -> bool:
    """Whether nothing is suggested yet between these bytes."""
    at = 0
    for run, keyed in runs(text):
        if at < end and at + size(run) > start and any(inline_marks(keyed)):
            return False
        at += size(run)
    return True


Stretch = tuple[str, dict[str, str]]
"""Characters, and which suggestions they are of, each with its kind."""


def _lines(parent: Parent, whole: Mark | None = None) -> Iterator[list[Stretch]]:
    """The blocks of text in which something is suggested; `whole` is what they are inside of."""
    for child in children(parent):
        if isinstance(child, XmlText):
            continue
        own = next((mark for mark in marks_of(child) if mark["type"] != MODIFICATION), whole)
        if child.tag not in TEXT_BLOCKS:
            yield from _lines(child, own)
            continue
        changed = {m["attrs"]["id"]: SAME for m in marks_of(child) if m["type"] == MODIFICATION}
        stretches = list(_stretches(child, own))
        if changed:
            stretches = [(text, changed | kinds) for text, kinds in stretches]
        if any(kinds for _, kinds in stretches):
            yield stretches


def _stretches(block: XmlElement, whole: Mark | None) -> Iterator[Stretch]:
    around = {str(whole["attrs"]["id"]): str(whole["type"])} if whole else {}
    for child in children(block):
        if not isinstance(child, XmlText):
            kinds = {str(mark["attrs"]["id"]): str(mark["type"]) for mark in marks_of(child)}
            yield (LINE_END if kinds else " "), kinds or around
            continue
        for run, keyed in runs(child):
            kinds = {str(values["id"]): kind for _, kind, values in inline_marks(keyed)}
            is_border = any(kind != MODIFICATION for kind in kinds.values())
            yield run.replace(BORDER, PILCROW) if is_border else run, kinds or around


def _note(found: dict[str, Suggested], line: list[Stretch]) -> None:
    """Add to each suggestion what the block says of it, between the words around."""
    for name in dict.fromkeys(name for _, kinds in line for name in kinds):
        places = [at for at, (_, kinds) in enumerate(line) if name in kinds]
        shown: list[Piece] = []
        for at, (text, kinds) in enumerate(line):
            kind = kinds.get(name, SAME)
            if name not in kinds and INSERTION in kinds.values():
                continue
            if name not in kinds:
                text = _context(text, at < places[0], at > places[-1])
            if shown and shown[-1].kind == kind:
                shown[-1].text += text
            elif text:
                shown.append(Piece(kind, text))
        found.setdefault(name, Suggested(name)).pieces += shown


def _context(text: str, is_before: bool, is_after: bool) -> str:
    """The words next to a change; what lies further from it is left out."""
    if len(text) <= CONTEXT_CHARACTERS:
        return text
    if is_before and not is_after:
        return "…" + _last_words(text)
    if is_after and not is_before:
        return _last_words(text[::-1])[::-1] + "…"
    return _last_words(text[::-1])[::-1] + "…" + _last_words(text)


def _last_words(text: str) -> str:
    """Whole words where there are spaces between them."""
    part = text[-CONTEXT_CHARACTERS:]
    before, space, rest = part.partition(" ")
    return rest if space and len(before) < CONTEXT_CHARACTERS // 2 else part


def _blocks(parent: Parent) -> Iterator[XmlElement]:
    for child in children(parent):
        if isinstance(child, XmlElement):
            yield child
            yield from _blocks(child)


def _looks(body: XmlFragment) -> Iterator[dict[str, Any]]:
    """The suggested changes of how characters look."""
    for _, _, text in texts(body):
        for _, keyed in runs(text):
            for _, kind, values in inline_marks(keyed):
                if kind == MODIFICATION:
                    yield dict(values)


def _order(parent: Parent) -> Iterator[str]:
    for child in children(parent):
        if isinstance(child, XmlText):
            for _, keyed in runs(child):
                yield from (str(values["id"]) for _, _, values in inline_marks(keyed))
        else:
            yield from (str(mark["attrs"]["id"]) for mark in marks_of(child))
            yield from _order(child)
