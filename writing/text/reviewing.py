"""The marks on what a person has read."""

from collections.abc import Callable

from writing.text.peer import Peer
from writing.text.tree import Marks, runs, size, texts

KEY = "reviewed"


def mark_read(peer: Peer, reading: str) -> None:
    """Mark whatever nobody has read yet."""
    _format(peer, {KEY: {"reading": reading}}, lambda marks: KEY not in marks)


def unmark_read(peer: Peer, reading: str) -> None:
    """Take this reading's marks off again."""
    _format(peer, {KEY: None}, lambda marks: marks.get(KEY) == {"reading": reading})


def _format(peer: Peer, change: Marks, applies: Callable[[Marks], bool]) -> None:
    with peer.doc.transaction():
        for _path, _tag, text in texts(peer.body):
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
