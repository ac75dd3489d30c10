"""Who added and who removed how many words between two moments of a text."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from writing.text.checkpoints import Author, Past
from writing.text.difference import Op, compare
from writing.text.output import word_starts
from writing.text.paragraphs import Paragraph, paragraphs_of
from writing.text.segments import LogEntry


@dataclass(slots=True)
class Tally:
    added: Counter[Author] = field(default_factory=Counter)
    removed: Counter[Author] = field(default_factory=Counter)


def tally(past: Past, entries: Iterable[LogEntry]) -> Tally:
    """Plays the log on from the earlier moment. A word counts where the two states differ: what is
    taken away and put back in between, as when a paragraph is split, counts for nobody."""
    size = len(past.text.labels())
    # What stood there has labels of its own below zero, one a byte, to be told when it goes.
    past.text.relabel(range(-size, 0))
    past.text.deleted.clear()
    before = paragraphs_of(past.text)
    gone: dict[int, Author] = {}
    for author, some in groupby(entries, key=lambda e: Author(e.user_id, e.attempt)):
        past.play(list(some))
        for label in past.text.deleted:
            if label < 0:
                gone.setdefault(label, author)
        past.text.deleted.clear()
    after = paragraphs_of(past.text)
    return _count(before, after, gone.get, past.author)


def _count(
    before: list[Paragraph],
    after: list[Paragraph],
    taker: Callable[[int], Author | None],
    giver: Callable[[int], Author | None],
) -> Tally:
    found = Tally()
    for row in compare(before, after):
        for piece in row.pieces:
            if piece.op is Op.ADDED and row.after:
                count, who, labels = found.added, giver, row.after.labels
            elif piece.op is Op.REMOVED and row.before:
                count, who, labels = found.removed, taker, row.before.labels
            else:
                continue
            for start in word_starts(piece.text):
                # What was only moved is nobody's.
                if labels and (author := who(labels[piece.at + start])):
                    count[author] += 1
    return found
