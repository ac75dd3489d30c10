"""What stands where in a text, so that nothing is put where only some of its readers would show it.

Yjs and pycrdt take a struct's place from its neighbours, and neither asks whether it fits there: of
characters beside an element the one raises whenever the text is read, the other drops them.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from writing.text.gate import GateError, Summary, check_value
from writing.text.structs import Id, Kind, Parsed, Range, Struct, find_struct

# The place of what was deleted with all around it: readers drop whatever is put there.
GONE: Id = (-1, 0)
_CHARACTERS = frozenset({Kind.STRING, Kind.FORMAT, Kind.DELETED})
_ELEMENTS = frozenset({Kind.TYPE, Kind.DELETED})
_VALUES = frozenset({Kind.ANY, Kind.DELETED})

Find = Callable[[Id], Struct | None]


class Known:
    """The structs of a text by client id and clock, and what is deleted of it. `logged` is how far
    each client is in the log: what is about to be saved is known before that."""

    def __init__(self, text: Parsed | None = None) -> None:
        self.structs: dict[int, list[Struct]] = {}
        self.deleted: dict[int, list[Range]] = {}
        self._deleted_types: set[Id] = set()
        if text:
            self.add(text.structs)
            self.delete(text.deleted)
        self.logged = {client: own[-1].end for client, own in self.structs.items()}

    def lacks(self, summary: Summary) -> bool:
        """Whether the update goes on from something that is not known."""
        return any(need > self.next_clock(client) for client, need in summary.needs.items())

    def next_clock(self, client: int) -> int:
        own = self.structs.get(client)
        return own[-1].end if own else 0

    def add(self, structs: Iterable[Struct]) -> None:
        """Those of an update that lacks nothing, in its order."""
        for struct in structs:
            start = max(struct.clock, self.next_clock(struct.client))
            if start >= struct.end or struct.kind is Kind.SKIP:
                continue
            own = self.structs.setdefault(struct.client, [])
            text = struct.cut(start, struct.end)
            if own and _goes_on(own[-1], struct):
                own[-1].text += text
                own[-1].length += struct.end - start
            else:
                length = struct.end - start
                own.append(replace(struct, clock=start, length=length, text=text, values=()))

    def delete(self, deleted: Mapping[int, list[Range]]) -> set[Id]:
        """What an update deletes; gives the elements and texts among it that stood until then."""
        types = {place for place in self._types_in(deleted) if place not in self._deleted_types}
        self._deleted_types |= types
        for client, ranges in deleted.items():
            self.deleted.setdefault(client, []).extend(ranges)
        return types

    def _types_in(self, deleted: Mapping[int, list[Range]]) -> Iterator[Id]:
        for client, ranges in deleted.items():
            own = self.structs.get(client, [])
            for clock, length in ranges:
                index = bisect_left(own, clock, key=lambda struct: struct.clock)
                while index < len(own) and own[index].clock < clock + length:
                    if own[index].kind is Kind.TYPE:
                        yield client, own[index].clock
                    index += 1

    def parent(self, struct: Struct) -> Id | str | None:
        """What holds it, found by its neighbours where it does not say; `GONE` if nobody knows."""
        _settle(struct, self._find)
        return struct.parent

    def _find(self, place: Id) -> Struct | None:
        return find_struct(self.structs, place)

    def holders(self, struct: Struct) -> Iterator[tuple[Struct, bool]]:
        """What holds it, from the inside, each with whether it is deleted. Ends early where
        nobody knows any longer what that was."""

        current: Struct | None = struct
        while current:
            parent = self.parent(current)
            if parent == GONE or not isinstance(parent, tuple):
                return
            if current := self._find(parent):
                place = current.client, current.clock
                yield current, current.kind is not Kind.TYPE or place in self._deleted_types

    def check(self, summary: Summary) -> None:
        """Raises `GateError` if an update that lacks nothing puts something where it cannot be."""
        update: dict[int, list[Struct]] = {}
        for struct in summary.structs:
            update.setdefault(struct.client, []).append(struct)

        def find(place: Id) -> Struct | None:
            return self._find(place) or find_struct(update, place)

        for struct in summary.structs:
            if struct.kind in (Kind.SKIP, Kind.COLLECTED):
                continue
            _settle(struct, find)
            check_value(struct)
            for place in (struct.left, struct.right):
                beside = find(place) if place else None
                if beside and not _stand_together(struct, beside, find):
                    raise GateError("beside what stands somewhere else")
            if struct.parent != GONE and not _fits(struct, find):
                raise GateError(f"{struct.kind.name.lower()} where nothing of that kind can be")


def _goes_on(last: Struct, struct: Struct) -> bool:
    """Whether it is the next character of what its author is typing: one struct tells as much."""
    return (
        last.kind is struct.kind is Kind.STRING
        and struct.clock == last.end
        and struct.left == (last.client, struct.clock - 1)
    )


def _settle(struct: Struct, find: Find) -> None:
    """Gives what has no parent of its own that of its neighbour, and its neighbours' neighbours."""
    chain: list[Struct] = []
    current: Struct | None = struct
    while current and current.parent is None:
        chain.append(current)
        beside = current.left or current.right
        current = find(beside) if beside else None
    for each in chain:
        each.parent, each.key = (current.parent, current.key) if current else (GONE, None)


def _stand_together(struct: Struct, beside: Struct, find: Find) -> bool:
    _settle(beside, find)
    places = {struct.parent, beside.parent} - {GONE}
    return len(places) < 2 and (struct.key == beside.key or GONE in (struct.parent, beside.parent))


def _fits(struct: Struct, find: Find) -> bool:
    if isinstance(struct.parent, str):
        is_element = struct.kind is Kind.TYPE and struct.name != ""
        return struct.key is None and (is_element or struct.kind is Kind.DELETED)
    parent = find(struct.parent) if struct.parent else None
    if parent is None or parent.kind in (Kind.DELETED, Kind.COLLECTED):
        return True  # deleted with everything in it
    if parent.kind is not Kind.TYPE:
        return False
    if struct.key is not None:
        return parent.name != "" and struct.kind in _VALUES
    return struct.kind in (_ELEMENTS if parent.name else _CHARACTERS)
