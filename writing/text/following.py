"""Where the characters of an earlier state of a text stand in a later one.

y-prosemirror makes another text of what it splits, joins or retypes: characters are followed by
what stands around them, between the texts that are still the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from writing.text.alignment import align
from writing.text.content import Runs
from writing.text.structs import Id

# What was written anew as a whole is not searched, beyond this, for what it was made of.
MOST_CHARACTERS = 12_000

Spot = tuple[int, int]
"""A line's number, and a character's in it."""


@dataclass(slots=True)
class Line:
    """One text, in a block. `writers` are the attempts that its characters' marks name, "" where a
    person's. `put` are the characters in question; `taken` is what is there no longer, and before
    which character it stood."""

    id: Id
    block: Id | None
    string: str = ""
    writers: list[str] = field(default_factory=list)
    put: list[bool] = field(default_factory=list)
    taken: list[tuple[int, Runs]] = field(default_factory=list)


class Following:
    """From the old lines to the new."""

    def __init__(self, old: Sequence[Line], new: Sequence[Line]) -> None:
        self._old, self._new = old, new
        self._lines: dict[int, int] = {}
        self._spots: dict[Spot, Spot] = {}
        for old_lines, new_lines in self._sections():
            self._match(old_lines, new_lines)
        self._known_lines = set(self._lines.values())
        self._known_spots = set(self._spots.values())

    def spot(self, line: int, at: int) -> Spot | None:
        """Where a character of an old line is; None if it is gone."""
        if line in self._lines:
            return self._lines[line], at
        return self._spots.get((line, at))

    def spots(self, line: int) -> Iterator[Spot]:
        """Where those of a line's characters are that are not gone."""
        found = (self.spot(line, at) for at in range(len(self._old[line].string)))
        return (spot for spot in found if spot)

    def is_old(self, line: int, at: int) -> bool:
        """Whether a character of a new line was there before."""
        return line in self._known_lines or (line, at) in self._known_spots

    def _sections(self) -> Iterator[tuple[range, range]]:
        """Both, cut before each text that is the same in both."""
        where = {line.id: number for number, line in enumerate(self._new)}
        from_old = from_new = 0
        for number, line in enumerate(self._old):
            there = where.get(line.id, -1)
            if there >= from_new:
                yield range(from_old, number), range(from_new, there)
                from_old, from_new = number, there
        yield range(from_old, len(self._old)), range(from_new, len(self._new))

    def _match(self, old_lines: range, new_lines: range) -> None:
        """Lines that are equal first, then what is between them."""
        one = [(self._old[n].string, tuple(self._old[n].writers)) for n in old_lines]
        other = [(self._new[n].string, tuple(self._new[n].writers)) for n in new_lines]
        last_one = last_other = 0
        equal = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
        for i, j, count in equal:
            self._align(old_lines[last_one:i], new_lines[last_other:j])
            last_one, last_other = i + count, j + count
            self._lines.update(zip(old_lines[i:last_one], new_lines[j:last_other], strict=True))

    def _align(self, old_lines: range, new_lines: range) -> None:
        # What is between two lines must not be taken for what is between two others.
        one = _Joined(self._old, old_lines, between="\ue0f0")
        other = _Joined(self._new, new_lines, between="\ue0f1")
        if max(len(one.string), len(other.string)) > MOST_CHARACTERS:
            return
        for at, there, length in align(one.string, other.string):
            for n in range(length):
                here, found = one.spots[at + n], other.spots[there + n]
                if here and found and self._are_alike(here, found):
                    self._spots[here] = found

    def _are_alike(self, old: Spot, new: Spot) -> bool:
        return self._old[old[0]].writers[old[1]] == self._new[new[0]].writers[new[1]]


class _Joined:
    """Lines one under another, and whose each character is; None for what is between them."""

    def __init__(self, lines: Sequence[Line], numbers: range, *, between: str) -> None:
        self.string = between.join(lines[number].string for number in numbers)
        self.spots: list[Spot | None] = []
        for number in numbers:
            self.spots += [(number, at) for at in range(len(lines[number].string))]
            self.spots.append(None)
