"""The marks on what a person has read."""

from collections.abc import Callable, Collection, Iterable, Iterator

from pycrdt import XmlElement, XmlText

from writing.text.marking import INSERTION, inline_marks, marks_of
from writing.text.peer import Peer
from writing.text.tree import Marks, Parent, children, runs, size, texts

KEY = "reviewed"
# The marks of words that no person typed.
FOREIGN = frozenset({"agent", "pasted"})


def mark_read(peer: Peer, reading: str) -> None:
    """Mark whatever nobody has read yet."""
    _format(peer, _all_texts(peer), {KEY: {"reading": reading}}, lambda marks: KEY not in marks)


def mark_accepted(peer: Peer, reading: str, ids: Collection[str]) -> bool:
    """Mark what these suggestions are about to put into the text, was written by agents or pasted,
    and read by nobody yet; whether there is any."""

    def is_unread(marks: Marks) -> bool:
        return KEY not in marks and not FOREIGN.isdisjoint(marks)

    def is_coming(marks: Marks) -> bool:
        suggested = inline_marks(marks)
        return any(kind == INSERTION and values["id"] in ids for _, kind, values in suggested)

    change = {KEY: {"reading": reading}}
    blocks = list(_blocks_coming(peer.body, ids))
    in_blocks = _format(peer, blocks, change, is_unread)
    words = _format(peer, _all_texts(peer), change, lambda m: is_unread(m) and is_coming(m))
    return in_blocks or words


def unmark_read(peer: Peer, reading: str) -> None:
    """Take this reading's marks off again."""
    own = {"reading": reading}
    _format(peer, _all_texts(peer), {KEY: None}, lambda marks: marks.get(KEY) == own)


def _all_texts(peer: Peer) -> Iterator[XmlText]:
    return (text for _path, _tag, text in texts(peer.body))


def _blocks_coming(parent: Parent, ids: Collection[str]) -> Iterator[XmlText]:
    """The texts of the blocks that these suggestions put in whole."""
    for child in children(parent):
        if isinstance(child, XmlElement):
            marks = marks_of(child)
            if any(mark["type"] == INSERTION and mark["attrs"]["id"] in ids for mark in marks):
                yield from (text for _path, _tag, text in texts(child))
            else:
                yield from _blocks_coming(child, ids)


def _format(
    peer: Peer, lines: Iterable[XmlText], change: Marks, applies: Callable[[Marks], bool]
) -> bool:
    """Whether that changed anything."""
    has_changed = False
    with peer.doc.transaction():
        for text in lines:
            at = 0
            spans: list[tuple[int, int]] = []
            for run, marks in runs(text):
                end = at + size(run)
                if applies(marks):
                    start = spans.pop()[0] if spans and spans[-1][1] == at else at
                    spans.append((start, end))
                at = end
            for start, end in spans:
                text.format(start, end, change)
                has_changed = True
    return has_changed
