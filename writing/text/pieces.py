"""What a pen wrote, piece by piece, and where each piece was found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pycrdt import XmlElement, XmlText

from writing.text.stream import Container, Leaf
from writing.text.tree import Marks, runs, size

LISTS = frozenset({"bullet_list", "ordered_list"})


def units(text: str) -> int:
    """How many clocks Yjs gives a text: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class Piece:
    """Characters of equal marks, written in one go.

    `home` is the text the pen put them in; None once only a copy holds them (or another attempt
    put them there). `born` counts what the pen had inserted before, in UTF-16 units.
    """

    text: str
    marks: Marks
    home: XmlText | None = None
    born: int = 0

    def cut(self, start: int, end: int) -> "Piece":
        born = self.born + units(self.text[:start])
        return Piece(self.text[start:end], self.marks, self.home, born)


@dataclass(slots=True)
class Block:
    """One block of text as the pen wrote it, or the part of it after a line break.

    `element` is what the pen created for it: the block, or the line break.
    """

    leaf: Leaf
    is_after_break: bool = False
    pieces: list[Piece] = field(default_factory=list)
    element: XmlElement | None = None


class Line:
    """A text of the body, and which stretches of its characters carry the agent's mark."""

    def __init__(self, text: XmlText, is_ours: Callable[[Marks], bool]) -> None:
        self.text = text
        self.ours: list[tuple[int, int]] = []
        parts = []
        at = 0
        for run, marks in runs(text):
            end = at + len(run)
            if is_ours(marks):
                start = self.ours.pop()[0] if self.ours and self.ours[-1][1] == at else at
                self.ours.append((start, end))
            parts.append(run)
            at = end
        self.string = "".join(parts)

    def index(self, offset: int) -> int:
        """The number of the character at a byte offset."""
        if self.string.isascii():
            return offset
        return len(self.string.encode()[:offset].decode())

    def offset(self, index: int) -> int:
        """The byte offset before a character."""
        return size(self.string[:index])

    def is_marked(self, index: int, length: int) -> bool:
        return any(start <= index and index + length <= end for start, end in self.ours)

    def unmarked(self, index: int, length: int) -> Iterator[tuple[int, int]]:
        """The stretches of these characters that do not carry the agent's mark."""
        at, last = index, index + length
        for start, end in self.ours:
            if at < min(start, last):
                yield at, min(start, last)
            at = max(at, end)
        if at < last:
            yield at, last

    def delete(self, index: int, length: int) -> None:
        del self.text[self.offset(index) : self.offset(index + length)]


Spot = tuple[int, int]
"""A character's place: the number of its line, and its number in the line."""


@dataclass(slots=True)
class Found:
    """A piece and its first character's spot; `spot` is None if it was lost, not deleted.

    `order` numbers the pieces of a view as they were written.
    """

    block: int
    order: int
    piece: Piece
    spot: Spot | None = None

    def part(self, start: int, length: int, spot: Spot) -> "Found":
        return Found(self.block, self.order, self.piece.cut(start, start + length), spot)

    def grow(self, other: "Found") -> bool:
        """Takes in the piece that follows, if in no way the two are apart."""
        mine, its = self.piece, other.piece
        length = len(mine.text)
        if mine.marks != its.marks or mine.home != its.home:
            return False
        if mine.home is not None and mine.born + units(mine.text) != its.born:
            return False
        if (self.spot is None) != (other.spot is None):
            return False
        if self.spot and other.spot and other.spot != (self.spot[0], self.spot[1] + length):
            return False
        mine.text += its.text
        return True


@dataclass(slots=True)
class View:
    """Where everything stands at one moment.

    `foreign`: the agent's characters that others put there. `extra`: those of them that repeat what
    stands elsewhere.
    """

    lines: list[Line]
    blocks: list[list[Found]]
    extra: list[tuple[Spot, str]]
    foreign: list[tuple[Spot, str]]

    def end(self, block: int) -> tuple[XmlText, int] | None:
        """Where the block's last character that still stands ends: text and byte offset."""
        spots = [last for found in self.blocks[block] if (last := last_spot(found)) is not None]
        if not spots:
            return None
        line, index = max(spots)
        return self.lines[line].text, self.lines[line].offset(index + 1)


def last_spot(found: Found) -> Spot | None:
    if found.spot is None:
        return None
    line, index = found.spot
    return line, index + len(found.piece.text) - 1


def shared(one: tuple[Container, ...], other: tuple[Container, ...]) -> int:
    """How many containers both blocks are in."""
    count = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        count += 1
    return count


def is_like(element: XmlElement, container: Container) -> bool:
    """A list that a person numbered, or took the numbers from, is still that list."""
    return element.tag == container.tag or {element.tag, container.tag} <= LISTS
