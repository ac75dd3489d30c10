"""A text that is played from its log, with whoever wrote each of its characters.

Yjs knows only client ids, and pycrdt tells them of no character. The log knows authors: what an
update inserts, as the text's events tell it, is its author's, unless it deletes the same characters
elsewhere: y-prosemirror splits and joins blocks and changes their kind by writing them anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from typing import Any, TypeVar, cast

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from writing.text.moved import Came, Gone, follow
from writing.text.peer import ROOT
from writing.text.tree import Parent, children, plain

T = TypeVar("T")
Label = int
"""Who wrote a byte: the place in a list of authors that the caller keeps."""


@dataclass(slots=True)
class Written:
    """An element and what it holds, or a text: its bytes (UTF-8) and their labels. `drawn` is
    what somebody made of a block of the body; it is emptied when the block changes."""

    held: list["Written"] = field(default_factory=list)
    data: bytes = b""
    labels: list[Label] = field(default_factory=list)
    is_text: bool = False
    drawn: str = ""


@dataclass(slots=True)
class Change:
    """What one event says: where, and what was kept, deleted or inserted there in order."""

    path: list[int]
    is_text: bool
    parts: list["Part"]


@dataclass(frozen=True, slots=True)
class Part:
    """`length` is in bytes in a text, in children in an element; `data` what a text got."""

    kind: str
    length: int
    data: bytes = b""


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
        self._came: list[Came] = []
        self._gone: list[Gone] = []

    def play(self, updates: Iterable[bytes], label: Label) -> None:
        """What one author saved, one update after another."""
        for moves, some in groupby(updates, key=_may_move):
            for batch in ([update] for update in some) if moves else [list(some)]:
                self._apply(batch, label)
                if moves:
                    self._gone = follow(self._came, self._gone)
                self.deleted += chain.from_iterable(gone.labels for gone in self._gone)
                self._came, self._gone = [], []

    def _apply(self, updates: Iterable[bytes], label: Label) -> None:
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
            self._follow_text(cast(Written, node), change.parts, label)
            return
        parent = self._at(change.path)

        def read(index: int) -> Written:
            node = cast(XmlElement | XmlText, parent.children[index])
            made = _written(node, iter(()), label)
            fresh.add(id(made))
            self._came += (Came(text, 0, len(text.data)) for text in texts_in([made]))
            return made

        spliced, lost = _spliced(held, change.parts, read)
        held[:] = spliced
        self._gone += (Gone(text.data, text.labels) for text in texts_in(lost))

    def _follow_text(self, text: Written, parts: Sequence[Part], label: Label) -> None:
        labels: list[Label] = []
        data: list[bytes] = []
        at = 0
        for kind, some in groupby(parts, key=lambda part: part.kind):
            run = list(some)
            if kind == "insert":
                written = b"".join(part.data for part in run)
                self._came.append(Came(text, len(labels), len(labels) + len(written)))
                labels += [label] * len(written)
                data.append(written)
                continue
            end = at + sum(part.length for part in run)
            if kind == "retain":
                labels += text.labels[at:end]
                data.append(text.data[at:end])
            else:
                self._gone.append(Gone(text.data[at:end], text.labels[at:end]))
            at = end
        text.labels = labels + text.labels[at:]
        text.data = b"".join(data) + text.data[at:]

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


def _may_move(update: bytes) -> bool:
    """Whether it inserts and deletes: its first byte counts writers, and only one without
    deletions ends with a zero."""
    return bool(update[0] and update[-1])


def _parts(delta: dict[str, Any], is_text: bool) -> Iterator[Part]:
    for kind, value in delta.items():
        if kind == "insert":
            data = value.encode() if is_text else b""
            yield Part(kind, len(data) if is_text else len(value), data)
        elif kind != "attributes":
            yield Part(kind, value)


def _spliced(
    row: list[T], parts: Sequence[Part], made: Callable[[int], T]
) -> tuple[list[T], list[T]]:
    """The row after the change, and what went; `made` gives what is new at a place."""
    kept: list[T] = []
    gone: list[T] = []
    at = 0
    for part in parts:
        if part.kind == "insert":
            kept += [made(len(kept) + number) for number in range(part.length)]
            continue
        (kept if part.kind == "retain" else gone).extend(row[at : at + part.length])
        at += part.length
    return kept + row[at:], gone


def _written(node: XmlElement | XmlText, given: Iterator[Label], label: Label = 0) -> Written:
    if isinstance(node, XmlText):
        data = plain(node).encode()
        labels = list(islice(given, len(data)))
        labels += [label] * (len(data) - len(labels))
        return Written(data=data, labels=labels, is_text=True)
    return Written(held=[_written(child, given, label) for child in children(node)])


def texts_in(nodes: Sequence[Written]) -> Iterator[Written]:
    for node in nodes:
        if node.is_text:
            yield node
        else:
            yield from texts_in(node.held)
