"""Refuses updates that could crash, corrupt or impersonate, before anybody applies or saves them.

Yjs and pycrdt trust each other's bytes: a value nested 30,000 deep ends the process, a struct
without content under a colleague's client id silences that colleague for good, and what refers to
text that nobody has is kept by everybody for ever, in case that text still comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from writing.text import schema
from writing.text.lib0 import Malformed
from writing.text.marking import ATTRIBUTE, kind_of
from writing.text.output import mark_name
from writing.text.peer import ROOT
from writing.text.structs import Kind, Parsed, Struct, find_struct, parse
from writing.text.wellformed import is_block_value, is_inline_value


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
    value_bytes: int = 8_192
    """Of one attribute of an element or of a mark."""


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class Summary:
    """What passed. `clients`: first and last-plus-one new clock of each client id; whoever sends
    the update must own every one of them. `needs`: up to which clock of each client id the text
    must be known, where the update goes on, refers to or deletes what it does not bring along."""

    clients: dict[int, tuple[int, int]]
    structs: list[Struct]
    needs: dict[int, int]


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
    _check_depths(parsed.structs, limits)
    claimed = _claimed(parsed.structs)
    if len(claimed) > limits.clients:
        raise GateError(f"{len(claimed)} clients, more than {limits.clients}")
    return Summary(claimed, parsed.structs, _needs(parsed, claimed))


def _check_structs(parsed: Parsed, limits: Limits) -> None:
    for struct in parsed.structs:
        if isinstance(struct.parent, str) and struct.parent != ROOT:
            raise GateError("a root of another name")
        if struct.nesting > limits.nesting:
            raise GateError(f"a value nested {struct.nesting} deep")
        if struct.value_bytes > limits.value_bytes:
            raise GateError(f"a value of {struct.value_bytes} bytes")
        if struct.clock + struct.length > _LARGEST_CLOCK:
            raise GateError("a clock too large")
        for other in (struct.left, struct.right, struct.parent):
            if isinstance(other, tuple) and other[0] == struct.client and other[1] >= struct.clock:
                raise GateError("a struct beside or inside what comes after it")
        _check_names(struct)


def _check_names(struct: Struct) -> None:
    """Only what the schema knows: browsers would delete the rest, and whatever stands in it."""
    if struct.name and struct.kind is Kind.TYPE and struct.name not in _elements():
        raise GateError(f"an element {struct.name[:40]!r}")
    if struct.kind is Kind.FORMAT and mark_name(struct.name) not in schema.marks():
        raise GateError(f"a mark {struct.name[:40]!r}")
    kind = kind_of(struct.name) if struct.kind is Kind.FORMAT else None
    for value in struct.values if kind else ():
        if kind and not is_inline_value(kind, value):
            raise GateError(f"a suggestion {(value or '')[:80]!r}")
    if struct.key is not None and struct.key not in _attributes():
        raise GateError(f"an attribute {struct.key[:40]!r}")
    check_value(struct)


def check_value(struct: Struct) -> None:
    """Whether an attribute says what the schema lets it, e.g. an image no foreign address. Which
    attribute it is may be known from its neighbours alone: see `known`."""
    if struct.kind is not Kind.ANY:
        return
    pattern = schema.patterns().get(struct.key or "")
    if pattern and not (len(struct.values) == 1 and pattern.fullmatch(struct.values[0] or "")):
        raise GateError(f"an attribute {struct.key} of {(struct.values[0] or '')[:40]!r}")
    for value in struct.values:
        if struct.key == ATTRIBUTE and not is_block_value(value):
            raise GateError(f"a suggestion {(value or '')[:80]!r}")


@cache
def _elements() -> frozenset[str]:
    return frozenset(schema.nodes()) - {"doc", "text"}


@cache
def _attributes() -> frozenset[str]:
    """Of all elements; which element a value belongs to does not always stand in its update."""
    return frozenset(name for node in schema.nodes().values() for name in node.get("attrs", ()))


def _needs(parsed: Parsed, claimed: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    needs = {client: first for client, (first, _last) in claimed.items()}

    def need(client: int, clock: int) -> None:
        first, last = claimed.get(client, (0, 0))
        if not first <= clock <= last:
            needs[client] = max(needs.get(client, 0), clock)

    for struct in parsed.structs:
        if struct.kind is Kind.SKIP:
            needs[struct.client] = max(needs[struct.client], struct.clock + struct.length)
        for other in (struct.left, struct.right, struct.parent):
            if isinstance(other, tuple):
                need(other[0], other[1] + 1)
    for client, ranges in parsed.deleted.items():
        for clock, length in ranges:
            need(client, clock + length)
    return needs


def _check_deleted(parsed: Parsed, limits: Limits) -> None:
    if sum(map(len, parsed.deleted.values())) > limits.deleted_ranges:
        raise GateError(f"more than {limits.deleted_ranges} deleted ranges")
    for ranges in parsed.deleted.values():
        if any(clock + length > _LARGEST_CLOCK for clock, length in ranges):
            raise GateError("a deleted range too large")
        if not all(length for _, length in ranges):
            raise GateError("a deleted range without length")


def _claimed(structs: list[Struct]) -> dict[int, tuple[int, int]]:
    claimed: dict[int, tuple[int, int]] = {}
    for struct in structs:
        first, last = claimed.get(struct.client, (struct.clock, struct.clock))
        end = struct.clock + struct.length
        claimed[struct.client] = min(first, struct.clock), max(last, end)
    return claimed


def _check_depths(structs: list[Struct], limits: Limits) -> None:
    """Types may be nested in types of the same update only so deep.

    A struct without a parent of its own has that of its neighbour, which may have to be looked up
    the same way: both chains are followed here, and each struct is followed once.
    """
    owner: dict[int, list[Struct]] = {}
    for struct in structs:
        owner.setdefault(struct.client, []).append(struct)
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
        current = find_struct(owner, above)
    for member, step in reversed(chain):
        depth += step
        if depth > limit:
            raise GateError(f"types nested more than {limit} deep")
        depths[id(member)] = depth
