"""A text at one moment with the author of each of its bytes, to play its history on from there.

A checkpoint is deflated: the state (Yjs v1) with its length in front; how many authors there are,
each as in `segments`; then, for stretches of one author in reading order, the author's place in
that list and how many bytes it is. All numbers are lib0 varuints, all bytes have their length in
front.
"""

import uuid
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from pycrdt import Doc, XmlFragment

from writing.text.authored import Authored
from writing.text.deciding import decide, has_suggestions
from writing.text.lib0 import Reader, varbytes, varuint
from writing.text.peer import ROOT
from writing.text.segments import LogEntry


@dataclass(frozen=True, slots=True)
class Author:
    """A person, or an attempt of an agent; neither: what no update of the log put there."""

    user_id: int | None = None
    attempt: uuid.UUID | None = None

    @classmethod
    def of_attempt(cls, attempt: str) -> "Author":
        """By what an agent's mark says; anything else than an id is nobody's."""
        try:
            return cls(attempt=uuid.UUID(attempt))
        except ValueError:
            return cls()


class Past:
    """A section's text as it was after the update number `seq`, and how it went on."""

    def __init__(self, seq: int = 0, checkpoint: bytes = b"") -> None:
        self.seq = seq
        self.authors: list[Author] = [Author()]
        state: bytes | None = None
        labels: list[int] = []
        if checkpoint:
            reader = Reader(zlib.decompress(checkpoint))
            state = reader.varbytes()
            self.authors = [_read_author(reader) for _ in range(reader.varuint())]
            while reader.left:
                label = reader.varuint()
                labels += [label] * reader.varuint()
        self.text = Authored(state, labels)
        self._labels = {author: label for label, author in enumerate(self.authors)}

    def play(self, entries: Iterable[LogEntry], until: int | None = None) -> None:
        """Go on with what follows in the log, up to number `until`."""
        due = (e for e in entries if e.seq > self.seq and (until is None or e.seq <= until))
        for author, some in groupby(due, key=lambda e: Author(e.user_id, e.attempt)):
            own = list(some)
            self.text.play([entry.data for entry in own], self.label_of(author))
            self.seq = own[-1].seq

    def reject_suggestions(self) -> None:
        """Leave only what is text: what is suggested is not, until somebody accepts it."""
        if not has_suggestions(self.text.body):
            return
        copy: Doc[XmlFragment] = Doc()
        copy.apply_update(self.text.doc.get_update())
        known = copy.get_state()
        decide(copy.get(ROOT, type=XmlFragment), None, accept=False)
        self.text.play([copy.get_update(known)], self.label_of(Author()))

    def author(self, label: int) -> Author | None:
        """Who has the label, if somebody does."""
        return self.authors[label] if 0 < label < len(self.authors) else None

    def label_of(self, author: Author) -> int:
        label = self._labels.setdefault(author, len(self.authors))
        if label == len(self.authors):
            self.authors.append(author)
        return label

    def checkpoint(self) -> bytes:
        parts = [varbytes(_collected(self.text.doc)), varuint(len(self.authors))]
        for author in self.authors:
            parts.append(varuint(0 if author.user_id is None else author.user_id + 1))
            parts.append(varbytes(author.attempt.bytes if author.attempt else b""))
        for label, stretch in _stretches(self.text.labels()):
            parts.append(varuint(label) + varuint(stretch))
        return zlib.compress(b"".join(parts))


def _read_author(reader: Reader) -> Author:
    user, attempt = reader.varuint(), reader.varbytes()
    return Author(user - 1 if user else None, uuid.UUID(bytes=attempt) if attempt else None)


def _stretches(labels: Iterable[int]) -> Iterator[tuple[int, int]]:
    for label, same in groupby(labels):
        yield label, sum(1 for _ in same)


def _collected(document: Doc[XmlFragment]) -> bytes:
    """Its state without what was deleted."""
    copy: Doc[XmlFragment] = Doc()
    copy.apply_update(document.get_update())
    return copy.get_update()
