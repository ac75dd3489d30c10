"""What a pen has written, and where in the text it stands now.

People move text by deleting and copying it: y-prosemirror has no other way. A copy keeps the agent
mark but is somebody else's insertion, and what the pen inserted meanwhile stays where the original
was, or goes down with it. The ledger knows every character the pen wrote, in order and by block,
and finds each again: in the text the pen put it in, in a copy, or nowhere.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from pycrdt import StickyIndex, TransactionEvent, XmlText

from writing.text.alignment import align
from writing.text.lib0 import varuint
from writing.text.peer import Peer
from writing.text.pieces import Block, Found, Line, Piece, Spot, View, units
from writing.text.structs import Id, Kind, Range, parse
from writing.text.tree import Marks, size, texts


class Ledger:
    """What one pen wrote. `attempts` are the ids in the agent marks that count as its own."""

    def __init__(self, peer: Peer, attempts: Iterable[str]) -> None:
        self.blocks: list[Block] = []
        self._peer = peer
        self._attempts = frozenset(attempts)
        self._inserted = 0
        # What the pen deleted itself, of whatever client, to put things right.
        self._withdrawn: dict[int, list[Range]] = {}
        self._subscription = peer.doc.observe(self._note_withdrawn)

    def note(self, text: str, marks: Marks, home: XmlText) -> Piece:
        """The piece for characters that were just inserted."""
        piece = Piece(text, marks, home, self._inserted)
        self._inserted += units(text)
        return piece

    def view(self) -> View:
        """Finds every piece again, and forgets what people deleted."""
        lines = [Line(text, self._is_ours) for _, _, text in texts(self._peer.body)]
        numbers = {line.text: number for number, line in enumerate(lines)}
        insertions = self._insertions()
        items: list[Found] = []
        missing: list[Found] = []
        found: dict[int, list[Found]] = {}
        own: list[list[Found]] = [[] for _ in lines]
        for number, block in enumerate(self.blocks):
            for piece in block.pieces:
                item = Found(number, len(items), piece)
                items.append(item)
                if piece.home is None:
                    missing.append(item)
                elif (at := numbers.get(piece.home)) is not None:
                    parts = list(self._at_home(item, at, lines[at], insertions))
                    found[item.order] = parts
                    own[at] += parts
        foreign = [
            rest for number, line in enumerate(lines) for rest in _rest(number, line, own[number])
        ]
        copies, extra = _find_copies(missing, foreign)
        found |= {item.order: [] for item in missing}
        for part in copies:
            found[part.order].append(part)
        view = View(lines, [[] for _ in self.blocks], extra, foreign)
        for item in items:
            line_up = view.blocks[item.block]
            for part in found.get(item.order, [item]):
                if not (line_up and line_up[-1].grow(part)):
                    line_up.append(part)
        for block, parts in zip(self.blocks, view.blocks, strict=True):
            block.pieces = [part.piece for part in parts]
        return view

    def give_away(self, item: Found, start: int, end: int) -> None:
        """These characters of the piece are a person's now; a copy holds what the pen wrote."""
        pieces = self.blocks[item.block].pieces
        at = next(number for number, piece in enumerate(pieces) if piece is item.piece)
        length = len(item.piece.text)
        ends = ((0, start), (start, end), (end, length))
        parts = [item.piece.cut(*part) if part[0] < part[1] else None for part in ends]
        if parts[1] is not None:
            parts[1].home = None
        pieces[at : at + 1] = [part for part in parts if part is not None]

    def forget_deleted(self, update: bytes) -> list[str]:
        """Takes notice of what others deleted of the pen's own insertions, by their update.

        A character they named was known to them: it is deleted or copied. What merely vanished
        together with its block was not, and counts as lost. Returns what they named that the pen
        itself had deleted already, when it put things right: copies of that are repetitions.
        """
        deleted = parse(update).deleted
        if ranges := deleted.get(self._peer.client_id):
            gone = self._births(ranges)
            for block in self.blocks:
                block.pieces = [part for piece in block.pieces for part in _split(piece, gone)]
        return self._withdrawn_among(deleted)

    def _births(self, ranges: list[Range]) -> set[int]:
        """When the characters in these ranges of the peer's clocks were inserted."""
        births: set[int] = set()
        for insertion in self._insertions():
            for first, length in ranges:
                start = max(first, insertion.clock)
                end = min(first + length, insertion.clock + units(insertion.text))
                births.update(
                    range(
                        insertion.born + start - insertion.clock,
                        insertion.born + end - insertion.clock,
                    )
                )
        return births

    def _note_withdrawn(self, event: TransactionEvent) -> None:
        # An update that deletes nothing ends with the number of clients whose text it deletes.
        if not self._peer.is_pulling and event.update[-1]:
            for client, ranges in parse(event.update).deleted.items():
                self._withdrawn.setdefault(client, []).extend(ranges)

    def _withdrawn_among(self, deleted: dict[int, list[Range]]) -> list[str]:
        """The characters that the pen had deleted itself and that are deleted here again."""
        both = {
            client: [
                (start, end)
                for first, length in ranges
                for mine, count in self._withdrawn.get(client, [])
                if (start := max(first, mine)) < (end := min(first + length, mine + count))
            ]
            for client, ranges in deleted.items()
        }
        if not any(both.values()):
            return []
        strings: list[str] = []
        last: Id | None = None
        for struct in parse(self._peer.doc.get_update()).structs:
            if struct.kind is not Kind.STRING:
                continue
            clock = struct.clock
            for character in struct.text:
                if any(start <= clock < end for start, end in both.get(struct.client, [])):
                    if last == (struct.client, clock):
                        strings[-1] += character
                    else:
                        strings.append(character)
                    last = struct.client, clock + units(character)
                clock += units(character)
        return strings

    def _insertions(self) -> list["_Insertion"]:
        """Everything this peer ever inserted, in that order, as it is cut up by now."""
        others = {
            client: clock
            for client, clock in self._peer.clocks().items()
            if client != self._peer.client_id
        }
        state = varuint(len(others)) + b"".join(
            varuint(client) + varuint(clock) for client, clock in others.items()
        )
        insertions = []
        born = 0
        for struct in parse(self._peer.doc.get_update(state)).structs:
            if struct.client == self._peer.client_id and struct.kind is Kind.STRING:
                insertions.append(_Insertion(born, struct.clock, struct.text))
                born += struct.length
        return insertions

    def _at_home(
        self, item: Found, number: int, line: Line, insertions: list["_Insertion"]
    ) -> Iterator[Found]:
        """The parts of a piece where the pen put them; people may have typed between."""
        born, text = item.piece.born, item.piece.text
        at = bisect_right(insertions, born, key=lambda insertion: insertion.born) - 1
        start = 0
        while start < len(text) and at < len(insertions):
            insertion = insertions[at]
            skipped = _characters(insertion.text, born - insertion.born)
            string = insertion.text[skipped : skipped + len(text) - start]
            offset = self._offset(insertion.clock) + size(insertion.text[:skipped])
            index = line.index(offset)
            if line.string.startswith(string, index):
                yield item.part(start, len(string), (number, index))
            start += len(string)
            born += units(string)
            at += 1

    def _offset(self, clock: int) -> int:
        """Where one of this peer's insertions begins in its text, in bytes.

        Asked only for the first clock of a run: within one, pycrdt counts UTF-16 units.
        """
        place = {"item": {"client": self._peer.client_id, "clock": clock}, "assoc": 0}
        with self._peer.doc.transaction() as transaction:
            return StickyIndex.from_json(place).get_index(transaction)

    def _is_ours(self, marks: Marks) -> bool:
        agent = marks.get("agent")
        return isinstance(agent, dict) and agent.get("attempt") in self._attempts


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Characters that stand, or stood, together: when they were inserted, first clock, text."""

    born: int
    clock: int
    text: str


def _characters(text: str, count: int) -> int:
    """How many characters `count` UTF-16 units are."""
    if text.isascii():
        return count
    return len(text.encode("utf-16-le")[: 2 * count].decode("utf-16-le"))


def _split(piece: Piece, gone: set[int]) -> Iterator[Piece]:
    """The piece in parts that are, or are not, among the deleted insertions."""
    if piece.home is None:
        yield piece
        return
    born = piece.born
    is_gone = []
    for character in piece.text:
        is_gone.append(born in gone)
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


def _rest(number: int, line: Line, own: list[Found]) -> Iterator[tuple[Spot, str]]:
    """What else there is of the agent's characters in a text."""
    taken = sorted((item.spot[1], len(item.piece.text)) for item in own if item.spot)
    for start, end in line.ours:
        at = start
        for index, length in taken:
            if at < index < end:
                yield (number, at), line.string[at:index]
            if start <= index < end or index <= at < index + length:
                at = max(at, index + length)
        if at < end:
            yield (number, at), line.string[at:end]


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
