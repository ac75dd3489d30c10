"""By which words two texts differ, so that a change is read as somebody would have made it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from writing.text.alignment import TOKEN
from writing.text.sentences import spans

# Of the words of two versions of a sentence, the share that must be the same: below it, few words
# in common make a change harder to read than the old sentence beside the new one.
ALIKE = 1 / 3
# Beyond so many pairs of words the shortest difference takes too long.
MOST_PAIRS = 250_000


@dataclass(frozen=True, slots=True)
class Change:
    """The old characters from `start` to `end` become the new ones from `first` to `last`."""

    start: int
    end: int
    first: int
    last: int


def changes_by_sentence(
    old: str, new: str, old_looks: Sequence[Any] = (), new_looks: Sequence[Any] = ()
) -> list[list[Change]]:
    """What turns `old` into `new`, in order, a list for each sentence in which something changes.

    The looks are how each character is formatted, where that counts.
    """
    groups: list[list[Change]] = []
    last_sentence = -1
    starts = [start for start, _end in spans(old)][1:]
    for change in _coarse(old, new, _changes(old, new, old_looks, new_looks), starts):
        sentence = sum(start <= change.start for start in starts)
        if sentence != last_sentence:
            groups.append([])
            last_sentence = sentence
        groups[-1].append(change)
    return groups


def alike(old: str, new: str) -> float:
    """The share of words, of both, that stand in both in the same order."""
    one, other = [w for w, _, _ in _words(old)], [w for w, _, _ in _words(new)]
    if not one or not other:
        return float(one == other)
    return 2 * sum(n for _, _, n in _same(one, other)) / (len(one) + len(other))


def _changes(
    old: str, new: str, old_looks: Sequence[Any], new_looks: Sequence[Any]
) -> Iterator[Change]:
    one, other = list(_words(old)), list(_words(new))
    pairs = [
        (i + k, j + k)
        for i, j, n in _same(_keys(one, old_looks), _keys(other, new_looks))
        for k in range(n)
    ]
    at, to = 0, 0
    for i, j in [*pairs, (-1, -1)]:
        _, start, end = one[i] if i >= 0 else ("", len(old), len(old))
        _, first, last = other[j] if j >= 0 else ("", len(new), len(new))
        if change := _trimmed(old, new, Change(at, start, to, first), old_looks, new_looks):
            yield change
        at, to = end, last


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Words and signs with where they stand; white space goes with what changes beside it."""
    for found in TOKEN.finditer(text):
        if not found[0].isspace():
            yield found[0], found.start(), found.end()


def _keys(words: Sequence[tuple[str, int, int]], looks: Sequence[Any]) -> list[Any]:
    if not looks:
        return [word for word, _, _ in words]
    return [(word, repr(looks[start:end])) for word, start, end in words]


def _trimmed(
    old: str, new: str, change: Change, old_looks: Sequence[Any], new_looks: Sequence[Any]
) -> Change | None:
    """Without the white space that stays as it is; None if that is all."""
    start, end, first, last = change.start, change.end, change.first, change.last

    def stays(at: int, to: int) -> bool:
        same_look = not old_looks or old_looks[at] == new_looks[to]
        return old[at] == new[to] and old[at].isspace() and same_look

    while start < end and first < last and stays(start, first):
        start, first = start + 1, first + 1
    while start < end and first < last and stays(end - 1, last - 1):
        end, last = end - 1, last - 1
    return Change(start, end, first, last) if start < end or first < last else None


def _coarse(old: str, new: str, found: Iterator[Change], starts: Sequence[int]) -> Iterator[Change]:
    """Where hardly a word of a sentence stays, the sentence as a whole."""
    changes = list(found)
    borders = [0, *starts, len(old)]
    done = 0
    for _begin, end in pairwise(borders):
        own = []
        while done < len(changes) and (changes[done].start < end or end == len(old)):
            own.append(changes[done])
            done += 1
        if len(own) < 2 or own[-1].end > end:
            yield from own
            continue
        whole = Change(own[0].start, own[-1].end, own[0].first, own[-1].last)
        kept = alike_in(old, new, own)
        yield from ([whole] if kept < ALIKE else own)


def alike_in(old: str, new: str, changes: Sequence[Change]) -> float:
    """Between the first and the last of these changes, the share of words that stay."""
    whole_old = len(list(_words(old[changes[0].start : changes[-1].end])))
    whole_new = len(list(_words(new[changes[0].first : changes[-1].last])))
    gone = sum(len(list(_words(old[c.start : c.end]))) for c in changes)
    come = sum(len(list(_words(new[c.first : c.last]))) for c in changes)
    return 1 - (gone + come) / max(whole_old + whole_new, 1)


def _same(one: Sequence[Any], other: Sequence[Any]) -> list[tuple[int, int, int]]:
    """Stretches that both have, as many words of them as can be."""
    most = min(len(one), len(other))
    start = next((n for n in range(most) if one[n] != other[n]), most)
    left = most - start
    end = next((n for n in range(left) if one[-1 - n] != other[-1 - n]), left)
    middle_one, middle_other = one[start : len(one) - end], other[start : len(other) - end]
    found = [(0, 0, start)]
    if len(middle_one) * len(middle_other) <= MOST_PAIRS:
        found += [(start + i, start + j, 1) for i, j in _longest(middle_one, middle_other)]
    else:
        matcher = SequenceMatcher(None, middle_one, middle_other, autojunk=False)
        found += [(start + i, start + j, n) for i, j, n in matcher.get_matching_blocks()]
    found.append((len(one) - end, len(other) - end, end))
    return [stretch for stretch in found if stretch[2]]


def _longest(one: Sequence[Any], other: Sequence[Any]) -> list[tuple[int, int]]:
    """A longest common subsequence."""
    width = len(other) + 1
    rows = [[0] * width]
    for word in reversed(one):
        below, row = rows[-1], [0] * width
        for j in reversed(range(len(other))):
            row[j] = below[j + 1] + 1 if word == other[j] else max(below[j], row[j + 1])
        rows.append(row)
    rows.reverse()
    pairs, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        if one[i] == other[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif rows[i + 1][j] >= rows[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
