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
# Of the words before, between and after what changes.
CONTEXT_CHARACTERS = 48


@dataclass(slots=True)
class Piece:
    """Characters of one kind: "same", "insertion" or "deletion"."""

    kind: str
    text: str


@dataclass(slots=True)
class Suggested:
    """One suggestion as it stands in the text. `changes` are those of blocks, as the marks have
    them: their kind, their attributes and the block's tag."""

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
        return " … ".join(p.text for p in self.pieces if p.kind == kind and p.text != PILCROW)


def suggested_in(body: XmlFragment) -> list[Suggested]:
    """All suggestions in the order of the text."""
    if not has_suggestions(body):
        return []
    found: dict[str, Suggested] = {}
    for pieces, ids in _lines(body):
        _note(found, pieces, ids)
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


Line = tuple[list[tuple[Piece, str]], set[str]]
"""The pieces of a block, each with the suggestion it is of, and which suggestions it has."""


def _lines(parent: Parent, whole: Mark | None = None) -> Iterator[Line]:
    """The blocks of text in which something is suggested; `whole` is what they are inside of."""
    for child in children(parent):
        if isinstance(child, XmlText):
            continue
        own = next((mark for mark in marks_of(child) if mark["type"] != MODIFICATION), whole)
        modified = {m["attrs"]["id"] for m in marks_of(child) if m["type"] == MODIFICATION}
        if child.tag not in TEXT_BLOCKS:
            yield from _lines(child, own)
            continue
        pieces = list(_pieces(child, own))
        if ids := {name for _, name in pieces if name} | modified:
            yield pieces, ids


def _pieces(block: XmlElement, whole: Mark | None) -> Iterator[tuple[Piece, str]]:
    for child in children(block):
        if not isinstance(child, XmlText):
            yield Piece(SAME, " "), ""
            continue
        for run, keyed in runs(child):
            kind, name = SAME, ""
            for _, each, values in inline_marks(keyed):
                kind, name = (SAME if each == MODIFICATION else each), str(values["id"])
            if whole and not name:
                kind, name = whole["type"], str(whole["attrs"]["id"])
            text = run.replace(BORDER, PILCROW if kind != SAME else "")
            yield Piece(kind, text), name


def _note(found: dict[str, Suggested], pieces: list[tuple[Piece, str]], ids: set[str]) -> None:
    """Add to each suggestion what the block says of it, between the words around."""
    for name in ids:
        own = found.setdefault(name, Suggested(name)).pieces
        places = [at for at, (_, its) in enumerate(pieces) if its == name]
        first, last = (places[0], places[-1]) if places else (len(pieces), -1)
        shown: list[Piece] = []
        for at, (piece, its) in enumerate(pieces):
            if its == name:
                shown.append(Piece(piece.kind, piece.text))
            elif piece.kind != INSERTION:
                shown.append(Piece(SAME, _context(piece.text, at < first, at > last)))
        merged: list[Piece] = []
        for piece in shown:
            if merged and merged[-1].kind == piece.kind:
                merged[-1].text += piece.text
            elif piece.text:
                merged.append(piece)
        own += merged


def _context(text: str, is_before: bool, is_after: bool) -> str:
    """The words next to a change; what lies further from it is left out."""
    if len(text) <= CONTEXT_CHARACTERS:
        return text
    if is_before and not is_after:
        return "…" + text[-CONTEXT_CHARACTERS:]
    if is_after and not is_before:
        return text[:CONTEXT_CHARACTERS] + "…"
    half = CONTEXT_CHARACTERS // 2
    return f"{text[:half]}…{text[-half:]}" if len(text) > CONTEXT_CHARACTERS else text


def _blocks(parent: Parent) -> Iterator[XmlElement]:
    for child in children(parent):
        if isinstance(child, XmlElement):
            yield child
            yield from _blocks(child)


def _order(parent: Parent) -> Iterator[str]:
    for child in children(parent):
        if isinstance(child, XmlText):
            for _, keyed in runs(child):
                yield from (str(values["id"]) for _, _, values in inline_marks(keyed))
        else:
            yield from (str(mark["attrs"]["id"]) for mark in marks_of(child))
            yield from _order(child)
