"""What a pen has written, and where in the text it stands now.

People move text by deleting and copying it: y-prosemirror has no other way. A copy keeps the agent
mark but is somebody else's insertion, and what the pen inserted meanwhile stays where the original
was, or goes down with it. The ledger knows every character the pen wrote, in order and by block,
and finds each again: in the text the pen put it in, in a copy, or nowhere.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Generic, TypeVar

from pycrdt import XmlElement, XmlText

from writing.text.alignment import align
from writing.text.peer import Peer
from writing.text.stream import Leaf
from writing.text.structs import Kind, parse
from writing.text.tree import Marks, runs, size, texts


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
    """The agent's characters in one text, and where they are in it."""

    def __init__(self, text: XmlText, is_ours: Callable[[Marks], bool]) -> None:
        self.text = text
        self.string = ""
        # First character, byte offset and characters of every run that is ours.
        self._runs: list[tuple[int, int, str]] = []
        at = 0
        for run, marks in runs(text):
            if is_ours(marks):
                self._runs.append((len(self.string), at, run))
                self.string += run
            at += size(run)

    def start(self, index: int) -> int:
        """The byte offset before a character."""
        for first, at, run in reversed(self._runs):
            if first <= index:
                return at + size(run[: index - first])
        raise IndexError(index)

    def end(self, index: int) -> int:
        """The byte offset after a character."""
        return self.start(index) + size(self.string[index])

    def delete(self, index: int, length: int) -> None:
        """Removes these characters, and nothing that stands between them."""
        for first, at, run in reversed(self._runs):
            start, end = max(index - first, 0), min(index + length - first, len(run))
            if start < end:
                begin = at + size(run[:start])
                del self.text[begin : begin + size(run[start:end])]


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
    """Where everything stands at one moment; `extra` are copies of what also stands elsewhere."""

    lines: list[Line]
    blocks: list[list[Found]]
    extra: list[tuple[Spot, str]]

    def end(self, block: int) -> tuple[XmlText, int] | None:
        """Where the block's last character that still stands ends: text and byte offset."""
        spots = [last for found in self.blocks[block] if (last := last_spot(found)) is not None]
        if not spots:
            return None
        line, index = max(spots)
        return self.lines[line].text, self.lines[line].end(index)


def last_spot(found: Found) -> Spot | None:
    if found.spot is None:
        return None
    line, index = found.spot
    return line, index + len(found.piece.text) - 1


class Ledger:
    """What one pen wrote. `attempts` are the ids in the agent marks that count as its own."""

    def __init__(self, peer: Peer, attempts: Iterable[str]) -> None:
        self.blocks: list[Block] = []
        self._peer = peer
        self._attempts = frozenset(attempts)
        self._inserted = 0

    def note(self, text: str, marks: Marks, home: XmlText) -> Piece:
        """The piece for characters that were just inserted."""
        piece = Piece(text, marks, home, self._inserted)
        self._inserted += units(text)
        return piece

    def view(self) -> View:
        """Finds every piece again, and forgets what people deleted."""
        lines = [Line(text, self._is_ours) for _, _, text in texts(self._peer.body)]
        numbers = {line.text: number for number, line in enumerate(lines)}
        items: list[Found] = []
        at_home: dict[int, list[Found]] = {}
        missing: list[Found] = []
        for number, block in enumerate(self.blocks):
            for piece in block.pieces:
                item = Found(number, len(items), piece)
                items.append(item)
                if piece.home is None:
                    missing.append(item)
                elif piece.home in numbers:
                    at_home.setdefault(numbers[piece.home], []).append(item)
        found: dict[int, list[Found]] = {}
        foreign: list[tuple[Spot, str]] = []
        for number, line in enumerate(lines):
            own = _find_own(number, line.string, at_home.get(number, []), missing)
            for item in at_home.get(number, []):
                found[item.order] = [part for part in own if part.order == item.order]
            foreign += _rest(number, line.string, own)
        copies, extra = _find_copies(missing, foreign)
        for item in missing:
            found[item.order] = [part for part in copies if part.order == item.order]
        view = View(lines, [[] for _ in self.blocks], extra)
        for item in items:
            line_up = view.blocks[item.block]
            for part in found.get(item.order, [item]):
                if not (line_up and line_up[-1].grow(part)):
                    line_up.append(part)
        for block, parts in zip(self.blocks, view.blocks, strict=True):
            block.pieces = [part.piece for part in parts]
        return view

    def forget_deleted(self, updates: Iterable[bytes]) -> str:
        """Takes notice of what others deleted of the pen's own insertions, by their updates.

        A character they named was known to them: it is deleted or copied. What merely vanished
        together with its block was not, and counts as lost. Returns the characters named that no
        piece holds any more, because the pen itself had moved them.
        """
        ranges = [
            deleted
            for update in updates
            for deleted in parse(update).deleted.get(self._peer.client_id, [])
        ]
        if not ranges:
            return ""
        gone = self._births(ranges)
        held: set[int] = set()
        for block in self.blocks:
            block.pieces = [part for piece in block.pieces for part in _split(piece, gone, held)]
        return "".join(character for born, character in sorted(gone.items()) if born not in held)

    def _births(self, ranges: list[tuple[int, int]]) -> dict[int, str]:
        """The characters in ranges of the peer's clocks, by when they were inserted."""
        clocks = {clock for first, length in ranges for clock in range(first, first + length)}
        births: dict[int, str] = {}
        born = 0
        for struct in parse(self._peer.doc.get_update()).structs:
            if struct.client != self._peer.client_id or struct.kind is not Kind.STRING:
                continue
            clock = struct.clock
            for character in struct.text:
                if clock in clocks:
                    births[born] = character
                born += units(character)
                clock += units(character)
        return births

    def _is_ours(self, marks: Marks) -> bool:
        agent = marks.get("agent")
        return isinstance(agent, dict) and agent.get("attempt") in self._attempts


def units(text: str) -> int:
    """How many clocks Yjs gives a text: UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _split(piece: Piece, gone: dict[int, str], held: set[int]) -> Iterator[Piece]:
    """The piece in parts that are, or are not, among the deleted insertions."""
    if piece.home is None:
        yield piece
        return
    born = piece.born
    is_gone = []
    for character in piece.text:
        is_gone.append(born in gone)
        if born in gone:
            held.add(born)
        born += units(character)
    start = 0
    for deleted, group in groupby(is_gone):
        end = start + len(list(group))
        part = piece.cut(start, end)
        if deleted:
            part.home = None
        yield part
        start = end


Owner = TypeVar("Owner")


class _Joined(Generic[Owner]):
    """Strings end to end, with what each belongs to."""

    def __init__(self, strings: Iterable[tuple[Owner, str]]) -> None:
        self._owners: list[Owner] = []
        self._starts: list[int] = []
        length = 0
        parts = []
        for owner, string in strings:
            self._owners.append(owner)
            self._starts.append(length)
            parts.append(string)
            length += len(string)
        self.string = "".join(parts)

    def parts(self, start: int, length: int) -> Iterator[tuple[Owner, int, int]]:
        """Whose characters these are: owner, first character and number of characters."""
        end = start + length
        at = bisect_right(self._starts, start) - 1
        while start < end:
            following = self._starts[at + 1] if at + 1 < len(self._starts) else len(self.string)
            stop = min(end, following)
            if start < stop:
                yield self._owners[at], start - self._starts[at], stop - start
            start, at = stop, at + 1


def _find_own(
    number: int, string: str, residents: list[Found], missing: list[Found]
) -> list[Found]:
    """Where, among the agent's characters in a text, those are that the pen put there.

    Copies may stand between them. What the pen wrote before and after helps to tell them apart.
    """
    if not residents:
        return []
    expected = _Joined((item, item.piece.text) for item in residents)
    if expected.string != string:
        first, last = residents[0].block, residents[-1].block + 1
        nearby = [item for item in missing if first <= item.block <= last]
        ordered = sorted([*residents, *nearby], key=lambda item: item.order)
        expected = _Joined((item, item.piece.text) for item in ordered)
    own = []
    for here, there, length in align(expected.string, string):
        at = there
        for item, start, count in expected.parts(here, length):
            if item.piece.home is not None:
                own.append(item.part(start, count, (number, at)))
            at += count
    return own


def _rest(number: int, string: str, own: list[Found]) -> Iterator[tuple[Spot, str]]:
    """What else there is of the agent's characters in a text."""
    at = 0
    for item in own:
        index = item.spot[1] if item.spot else at
        if index > at:
            yield (number, at), string[at:index]
        at = index + len(item.piece.text)
    if at < len(string):
        yield (number, at), string[at:]


def _find_copies(
    missing: list[Found], foreign: list[tuple[Spot, str]]
) -> tuple[list[Found], list[tuple[Spot, str]]]:
    """The parts of the missing pieces that copies hold, and what is left of the copies."""
    sought = _Joined((item, item.piece.text) for item in missing)
    there = _Joined(foreign)
    copies: list[Found] = []
    extra: list[tuple[Spot, str]] = []
    seen = 0
    for here, other, length in [*align(sought.string, there.string), (0, len(there.string), 0)]:
        for (line, first), start, count in there.parts(seen, other - seen):
            extra.append(((line, first + start), there.string[seen : seen + count]))
            seen += count
        for (line, first), start, count in there.parts(other, length):
            spot = line, first + start
            for item, begin, part in sought.parts(here, count):
                copies.append(item.part(begin, part, spot))
                spot = line, spot[1] + part
            here += count
        seen = other + length
    return copies, extra
