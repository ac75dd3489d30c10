"""What stands where in a text, so that nothing is put where only some of its readers would show it.

Yjs and pycrdt take a struct's place from its neighbours, and neither asks whether it fits there: of
characters beside an element the one raises whenever the text is read, the other drops them.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from writing.text.gate import GateError, Summary
from writing.text.lib0 import varuint
from writing.text.structs import Id, Kind, Struct, find_struct

# The place of what was deleted with all around it: readers drop whatever is put there.
GONE: Id = (-1, 0)
_CHARACTERS = frozenset({Kind.STRING, Kind.FORMAT, Kind.DELETED})
_ELEMENTS = frozenset({Kind.TYPE, Kind.DELETED})
_VALUES = frozenset({Kind.ANY, Kind.DELETED})

Find = Callable[[Id], Struct | None]


class Known:
    """The structs of a text as far as it is known, by client id and clock."""

    def __init__(self) -> None:
        self._structs: dict[int, list[Struct]] = {}

    def state_vector(self) -> bytes:
        pairs = [varuint(client) + varuint(own[-1].end) for client, own in self._structs.items()]
        return varuint(len(pairs)) + b"".join(pairs)

    def lacks(self, summary: Summary) -> bool:
        """Whether the update goes on from something that is not known."""
        return any(need > self._next(client) for client, need in summary.needs.items())

    def _next(self, client: int) -> int:
        own = self._structs.get(client)
        return own[-1].end if own else 0

    def add(self, structs: Iterable[Struct]) -> None:
        """Those of an update that lacks nothing, in its order."""
        for struct in structs:
            start, end = max(struct.clock, self._next(struct.client)), struct.end
            if start >= end or struct.kind is Kind.SKIP:
                continue
            own = self._structs.setdefault(struct.client, [])
            if own and _goes_on(own[-1], struct):
                own[-1].length += end - start
            else:
                own.append(replace(struct, clock=start, length=end - start, text=""))

    def check(self, summary: Summary) -> None:
        """Raises `GateError` if an update that lacks nothing puts something where it cannot be."""
        update: dict[int, list[Struct]] = {}
        for struct in summary.structs:
            update.setdefault(struct.client, []).append(struct)

        def find(place: Id) -> Struct | None:
            return find_struct(self._structs, place) or find_struct(update, place)

        for struct in summary.structs:
            if struct.kind in (Kind.SKIP, Kind.COLLECTED):
                continue
            _settle(struct, find)
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
