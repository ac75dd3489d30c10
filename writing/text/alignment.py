"""Which characters of one text are those of another."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

Match = tuple[int, int, int]
"""Where it begins in one and in the other, and how long it is."""

# Words, white space, any other character: Chinese is compared by character.
TOKEN = re.compile(r"[^\W_\u3040-\u30ff\u3400-\u9fff]+|\s+|.", re.DOTALL)

# Character by character is quadratic: only for short stretches between words that match.
_MOST_CHARACTERS = 400


def align(one: str, other: str) -> list[Match]:
    """Matching stretches, in order in both texts."""
    return list(_align(one, other, 0, 0))


def _align(one: str, other: str, one_at: int, other_at: int) -> Iterator[Match]:
    start = _common(one, other)
    if start:
        yield one_at, other_at, start
        one, other = one[start:], other[start:]
        one_at, other_at = one_at + start, other_at + start
    end = _common(one[::-1], other[::-1])
    if end:
        yield from _between(one[:-end], other[:-end], one_at, other_at)
        yield one_at + len(one) - end, other_at + len(other) - end, end
    else:
        yield from _between(one, other, one_at, other_at)


def _between(one: str, other: str, one_at: int, other_at: int) -> Iterator[Match]:
    """Texts that differ at both ends: by words first, then by characters where words differ."""
    if not one or not other:
        return
    if len(one) <= _MOST_CHARACTERS and len(other) <= _MOST_CHARACTERS:
        yield from _matches(one, other, one_at, other_at)
        return
    one_words, other_words = TOKEN.findall(one), TOKEN.findall(other)
    one_ends, other_ends = _ends(one_words), _ends(other_words)
    last_one = last_other = 0
    for i, j, n in SequenceMatcher(
        None, one_words, other_words, autojunk=False
    ).get_matching_blocks():
        first_one, first_other = one_ends[i], other_ends[j]
        gap_one, gap_other = one[last_one:first_one], other[last_other:first_other]
        if len(gap_one) <= _MOST_CHARACTERS and len(gap_other) <= _MOST_CHARACTERS:
            yield from _matches(gap_one, gap_other, one_at + last_one, other_at + last_other)
        last_one, last_other = one_ends[i + n], other_ends[j + n]
        if n:
            yield one_at + first_one, other_at + first_other, last_one - first_one


def _matches(one: str, other: str, one_at: int, other_at: int) -> Iterator[Match]:
    for i, j, n in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        if n:
            yield one_at + i, other_at + j, n


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    low, high = 0, length
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _ends(words: Sequence[str]) -> list[int]:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return ends
