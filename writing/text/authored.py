"""A text that is played from its log, with whoever wrote each of its characters.

Yjs knows only client ids, and pycrdt tells them of no character. The log knows authors: what an
update inserts, as the text's events tell it, is its author's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, TypeVar, cast

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.peer import ROOT
from writing.text.tree import Parent, children

T = TypeVar("T")
Label = int
"""Who wrote a byte: the place in a list of authors that the caller keeps."""


@dataclass(slots=True)
class Written:
    """An element and what it holds, or a text and the labels of its bytes (UTF-8). `drawn` is
    what somebody made of a block of the body; it is emptied when the block changes."""

    held: list["Written"] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    is_text: bool = False
    drawn: str = ""


@dataclass(slots=True)
class Change:
    """What one event says: where, and what was kept, deleted or inserted there in order. Lengths
    are bytes in a text, children in an element; of what was inserted only the length matters."""

    path: list[int]
    is_text: bool
    parts: list[tuple[str, int]]


class Authored:
    """`state` is an update (Yjs v1) of the whole, `labels` those of its bytes, in reading order.

    `deleted` gets the labels of the bytes that vanish while it is played.
    """

    def __init__(self, state: bytes | None = None, labels: Sequence[Label] = ()) -> None:
        # As for pens: what is deleted must stay readable as long as anything refers to it.
        self.doc: Doc[XmlFragment] = Doc(skip_gc=True)
        self.body = self.doc.get(ROOT, type=XmlFragment)
        if state:
            self.doc.apply_update(state)
        given = iter(labels)
        self.blocks = [_written(child, given) for child in children(self.body)]
        self._changes: list[Change] = []
        self._subscription = self.body.observe_deep(self._note)
        self.deleted: list[Label] = []

    def play(self, updates: Iterable[bytes], label: Label) -> None:
        """What one author saved, one update after another."""
        with self.doc.transaction():
            for update in updates:
                self.doc.apply_update(update)
        # Where a place in the text is told, it is as it was in the end: what holds others first.
        changes, self._changes = sorted(self._changes, key=lambda each: len(each.path)), []
        fresh: set[int] = set()
        for change in changes:
            self._follow(change, label, fresh)

    def labels(self) -> list[Label]:
        """Of all bytes, in reading order."""
        return list(chain.from_iterable(text.labels for text in texts_in(self.blocks)))

    def relabel(self, labels: Iterable[Label]) -> None:
        given = iter(labels)
        for text in texts_in(self.blocks):
            text.labels = list(islice(given, len(text.labels)))

    def _follow(self, change: Change, label: Label, fresh: set[int]) -> None:
        node: Written | None = None
        held = self.blocks
        if change.path:
            held[change.path[0]].drawn = ""
        for index in change.path:
            node = held[index]
            if id(node) in fresh:
                return  # read when it was whole already
            held = node.held
        if change.is_text:
            text = cast(Written, node)
            text.labels, gone = _spliced(text.labels, change.parts, lambda _: label)
            self.deleted += gone
            return
        parent = self._at(change.path)

        def read(index: int) -> Written:
            node = cast(XmlElement | XmlText, parent.children[index])
            made = _written(node, iter(()), label)
            fresh.add(id(made))
            return made

        spliced, lost = _spliced(held, change.parts, read)
        held[:] = spliced
        self.deleted += chain.from_iterable(text.labels for text in texts_in(lost))

    def _at(self, path: Sequence[int]) -> Parent:
        node: Any = self.body
        for index in path:
            node = node.children[index]
        return cast(Parent, node)

    def _note(self, events: list[Any]) -> None:
        for event in events:
            is_text = isinstance(event.target, XmlText)
            parts = [part for delta in event.delta for part in _parts(delta, is_text)]
            self._changes.append(Change(list(event.path), is_text, parts))


def _parts(delta: dict[str, Any], is_text: bool) -> Iterator[tuple[str, int]]:
    for kind, value in delta.items():
        if kind == "insert":
            yield kind, len(value.encode()) if is_text else len(value)
        elif kind != "attributes":
            yield kind, value


def _spliced(
    row: list[T], parts: Sequence[tuple[str, int]], made: Callable[[int], T]
) -> tuple[list[T], list[T]]:
    """The row after the change, and what went; `made` gives what is new at a place."""
    kept: list[T] = []
    gone: list[T] = []
    at = 0
    for kind, length in parts:
        if kind == "insert":
            kept += [made(len(kept) + number) for number in range(length)]
            continue
        (kept if kind == "retain" else gone).extend(row[at : at + length])
        at += length
    return kept + row[at:], gone


def _written(node: XmlElement | XmlText, given: Iterator[Label], label: Label = 0) -> Written:
    if isinstance(node, XmlText):
        labels = list(islice(given, len(node)))
        return Written(labels=labels + [label] * (len(node) - len(labels)), is_text=True)
    return Written(held=[_written(child, given, label) for child in children(node)])


def texts_in(nodes: Sequence[Written]) -> Iterator[Written]:
    for node in nodes:
        if node.is_text:
            yield node
        else:
            yield from texts_in(node.held)
