"""How two states of a text differ: paragraph beside paragraph, and word by word within them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from writing.text.alignment import TOKEN
from writing.text.output import words_in
from writing.text.paragraphs import Paragraph

# Of paragraphs that have less in common one is not said to have become the other.
_ALIKE = 0.4
# Pairing is quadratic, and so is comparing by words: beyond these it is done more coarsely.
_MOST_PAIRS = 10_000
_MOST_TOKENS = 4_000


class Op(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of a paragraph; `at` is where they begin in the text that they stand in."""

    op: Op
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph before and after; one of them is None where it came or went."""

    op: Op
    before: Paragraph | None
    after: Paragraph | None
    pieces: list[Piece] = field(default_factory=list)

    @property
    def shown(self) -> Paragraph:
        found = self.after or self.before
        assert found is not None  # noqa: S101 (a row has one of them)
        return found


def compare(before: Sequence[Paragraph], after: Sequence[Paragraph]) -> list[Row]:
    """The rows in reading order."""
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    rows: list[Row] = []
    for op, i, j, m, n in matcher.get_opcodes():
        if op == "equal":
            rows += map(_same, before[i:j], after[m:n])
        else:
            rows += _replaced(before[i:j], after[m:n])
    return rows


def words_changed(rows: Sequence[Row]) -> tuple[int, int]:
    """How many words were added and removed."""
    counts = Counter[Op]()
    for row in rows:
        for piece in row.pieces:
            if piece.op in (Op.ADDED, Op.REMOVED):
                counts[piece.op] += words_in(piece.text)
    return counts[Op.ADDED], counts[Op.REMOVED]


def _same(before: Paragraph, after: Paragraph) -> Row:
    return Row(Op.SAME, before, after, [Piece(Op.SAME, after.text, 0)])


def _added(after: Paragraph) -> Row:
    return Row(Op.ADDED, None, after, [Piece(Op.ADDED, after.text, 0)])


def _removed(before: Paragraph) -> Row:
    return Row(Op.REMOVED, before, None, [Piece(Op.REMOVED, before.text, 0)])


def _replaced(before: Sequence[Paragraph], after: Sequence[Paragraph]) -> Iterator[Row]:
    i = j = 0
    for one, other in pairs([p.text for p in before], [p.text for p in after]):
        yield from map(_removed, before[i:one])
        yield from map(_added, after[j:other])
        pieces = list(_pieces(before[one].text, after[other].text))
        yield Row(Op.CHANGED, before[one], after[other], pieces)
        i, j = one + 1, other + 1
    yield from map(_removed, before[i:])
    yield from map(_added, after[j:])


def pairs(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Which text became which, in order in both, so that most is in common in all."""
    if not before or not after:
        return []
    if len(before) * len(after) > _MOST_PAIRS:
        return [(n, n) for n in range(min(len(before), len(after)))]
    ours, theirs = list(map(_tokens, before)), list(map(_tokens, after))
    width = len(after) + 1
    best = [[0.0] * width for _ in range(len(before) + 1)]
    alike = [[_likeness(one, other) for other in theirs] for one in ours]
    for i in reversed(range(len(before))):
        for j in reversed(range(len(after))):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] >= _ALIKE else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    found, i, j = [], 0, 0
    while i < len(before) and j < len(after):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _tokens(text: str) -> Counter[str]:
    return Counter(token for token in TOKEN.findall(text) if not token.isspace())


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """From 0 to 1: how much of their words and signs they share."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0


def _pieces(before: str, after: str) -> Iterator[Piece]:
    """By words; what lies between changes is not torn to shreds by single spaces in common."""
    one, other = TOKEN.findall(before), TOKEN.findall(after)
    at, to = 0, 0
    for op, i, j, m, n in _opcodes(one, other):
        gone, come = "".join(one[i:j]), "".join(other[m:n])
        if op == "equal":
            yield Piece(Op.SAME, come, to)
        else:
            if gone:
                yield Piece(Op.REMOVED, gone, at)
            if come:
                yield Piece(Op.ADDED, come, to)
        at, to = at + len(gone), to + len(come)


Opcode = tuple[str, int, int, int, int]


def _opcodes(one: Sequence[str], other: Sequence[str]) -> list[Opcode]:
    if len(one) + len(other) > _MOST_TOKENS:
        start = _common(one, other)
        end = _common(one[start:][::-1], other[start:][::-1])
        last, final = len(one) - end, len(other) - end
        return [
            ("equal", 0, start, 0, start),
            ("replace", start, last, start, final),
            ("equal", last, len(one), final, len(other)),
        ]
    found: list[Opcode] = []
    for opcode in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        op, i, j, m, n = opcode
        lone = op == "equal" and j - i == 1 and one[i].isspace()
        if found and found[-1][0] != "equal" and (op != "equal" or (lone and j < len(one))):
            _, first, _, start, _ = found.pop()
            found.append(("replace", first, j, start, n))
        else:
            found.append((op, i, j, m, n))
    return found


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    beside = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in beside if a != b), min(len(one), len(other)))
