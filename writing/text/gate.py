"""Refuses updates that could crash, corrupt or impersonate, before anybody applies or saves them.

Yjs and pycrdt trust each other's bytes: a value nested 30,000 deep ends the process, and a struct
without content under a colleague's client id silences that colleague for good.
"""

from dataclasses import dataclass

from writing.text.lib0 import Malformed
from writing.text.peer import ROOT
from writing.text.structs import Id, Kind, Parsed, Struct, parse


class GateError(ValueError):
    """The update must not be applied, saved or passed on; the message says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person's editor never exceeds in one update."""

    size_bytes: int = 1_000_000
    clients: int = 200
    structs: int = 100_000
    nesting: int = 32
    deleted_ranges: int = 100_000


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Summary:
    """What passed. `clients`: first and last-plus-one new clock of each client id; whoever sends
    the update must own every one of them."""

    clients: dict[int, tuple[int, int]]
    structs: int


_LARGEST_CLOCK = 2**31 - 1


def check(update: bytes, limits: Limits = DEFAULT) -> Summary:
    """Lets a Yjs update (v1) pass, or raises `GateError`. Memory and time grow with its bytes."""
    if len(update) > limits.size_bytes:
        raise GateError(f"{len(update)} bytes, more than {limits.size_bytes}")
    try:
        parsed = parse(update, limits.structs)
    except Malformed as error:
        raise GateError(str(error)) from error
    _check_structs(parsed, limits)
    _check_deleted(parsed, limits)
    _check_parents(parsed.structs, limits)
    claimed = _claimed(parsed.structs)
    if len(claimed) > limits.clients:
        raise GateError(f"{len(claimed)} clients, more than {limits.clients}")
    return Summary(claimed, len(parsed.structs))


def _check_structs(parsed: Parsed, limits: Limits) -> None:
    for struct in parsed.structs:
        if isinstance(struct.parent, str) and struct.parent != ROOT:
            raise GateError("a root of another name")
        if struct.nesting > limits.nesting:
            raise GateError(f"a value nested {struct.nesting} deep")
        if struct.clock + struct.length > _LARGEST_CLOCK:
            raise GateError("a clock too large")


def _check_deleted(parsed: Parsed, limits: Limits) -> None:
    if sum(map(len, parsed.deleted.values())) > limits.deleted_ranges:
        raise GateError(f"more than {limits.deleted_ranges} deleted ranges")
    for ranges in parsed.deleted.values():
        if any(clock + length > _LARGEST_CLOCK for clock, length in ranges):
            raise GateError("a deleted range too large")


def _claimed(structs: list[Struct]) -> dict[int, tuple[int, int]]:
    claimed: dict[int, tuple[int, int]] = {}
    for struct in structs:
        first, last = claimed.get(struct.client, (struct.clock, struct.clock))
        end = struct.clock + struct.length
        claimed[struct.client] = min(first, struct.clock), max(last, end)
    return claimed


def _check_parents(structs: list[Struct], limits: Limits) -> None:
    """Types may be nested in types of the same update only so deep.

    A struct without a parent of its own has that of its neighbour, which may have to be looked up
    the same way: both chains are followed here, and each struct is followed once.
    """
    types: dict[Id, Struct] = {}
    owner: dict[int, list[Struct]] = {}
    for struct in structs:
        owner.setdefault(struct.client, []).append(struct)
        if struct.kind is Kind.TYPE:
            types[struct.client, struct.clock] = struct
    depths: dict[int, int] = {}
    for struct in structs:
        _depth(struct, owner, depths, limits.nesting)


def _depth(
    struct: Struct, owner: dict[int, list[Struct]], depths: dict[int, int], limit: int
) -> None:
    """Notes how many types of this update hold `struct`, and whatever it takes to know that."""
    chain: list[tuple[Struct, int]] = []
    seen: set[int] = set()
    depth = 0
    current: Struct | None = struct
    while current is not None:
        if id(current) in depths:
            depth = depths[id(current)]
            break
        if id(current) in seen:
            raise GateError("a struct inside itself")
        seen.add(id(current))
        if isinstance(current.parent, tuple):
            above, step = current.parent, 1
        elif current.parent is None and (beside := current.left or current.right):
            above, step = beside, 0
        else:
            chain.append((current, 0))
            break
        chain.append((current, step))
        current = _find(owner, above)
    for member, step in reversed(chain):
        depth += step
        if depth > limit:
            raise GateError(f"types nested more than {limit} deep")
        depths[id(member)] = depth


def _find(owner: dict[int, list[Struct]], identity: Id) -> Struct | None:
    """The struct of this update that covers a clock; None if the update does not hold it."""
    client, clock = identity
    structs = owner.get(client, [])
    low, high = 0, len(structs)
    while low < high:
        middle = (low + high) // 2
        if structs[middle].clock + structs[middle].length <= clock:
            low = middle + 1
        else:
            high = middle
    if low < len(structs) and structs[low].clock <= clock:
        return structs[low]
    return None
