"""Where characters stand that a browser names by their Yjs ids, and marking what lies between."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pycrdt import Doc, XmlFragment

from writing.text.changes import comment_key
from writing.text.lib0 import varuint
from writing.text.peer import ROOT, Peer
from writing.text.structs import Id, Kind, Parsed, Range, parse
from writing.text.tree import Path, plain, texts


@dataclass(frozen=True, slots=True)
class Span:
    """From the byte `start` in the text at `first` to the byte `end` in the text at `last`."""

    first: Path
    start: int
    last: Path
    end: int


def find_span(updates: Iterable[bytes], first: Id, last: Id) -> Span | None:
    """What lies between two characters, they included; None if one of them is not there, or they
    are in the wrong order.

    pycrdt cannot say which text an id is in, so each is deleted from a copy that is thrown away,
    which tells where that was.
    """
    doc: Doc[XmlFragment] = Doc()
    body = doc.get(ROOT, type=XmlFragment)
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
    state = parse(doc.get_update())
    begin, finish = _character(state, first), _character(state, last)
    if begin is None or finish is None:
        return None
    places: list[tuple[Path, int, int]] = []
    subscription = body.observe_deep(lambda events: places.extend(map(_place, events)))
    doc.apply_update(_deletion(last[0], finish))
    if (first[0], begin) != (last[0], finish):
        # The later one went first, so that it does not move.
        doc.apply_update(_deletion(first[0], begin))
    body.unobserve(subscription)
    (first_path, start, _size), (last_path, end, size) = places[-1], places[0]
    if (first_path, start) > (last_path, end):
        return None
    return Span(first_path, start, last_path, end + size)


def mark_span(peer: Peer, span: Span, thread_id: str) -> str:
    """Anchor a thread there; gives the words it stands on."""
    mark = {comment_key(thread_id): {"thread": thread_id}}
    words: list[str] = []
    with peer.doc.transaction():
        for path, _tag, text in texts(peer.body):
            if not span.first <= path <= span.last:
                continue
            whole = plain(text).encode()
            start = span.start if path == span.first else 0
            end = span.end if path == span.last else len(whole)
            if start < end:
                text.format(start, end, mark)
                words.append(whole[start:end].decode())
    return "\n".join(words)


def _character(state: Parsed, named: Id) -> Range | None:
    """The clocks of the whole character that one UTF-16 unit belongs to; None if it is none."""
    client, clock = named
    for struct in state.structs:
        behind = clock - struct.clock
        if struct.client == client and struct.kind is Kind.STRING and 0 <= behind < struct.length:
            unit = struct.text.encode("utf-16-le", "surrogatepass")[2 * behind :][1]
            if 0xD8 <= unit < 0xDC:
                return clock, 2
            return (clock - 1, 2) if 0xDC <= unit < 0xE0 else (clock, 1)
    return None


def _deletion(client: int, clocks: Range) -> bytes:
    """A Yjs update (v1) that deletes these and nothing else."""
    return b"\x00\x01" + b"".join(map(varuint, (client, 1, *clocks)))


def _place(event: Any) -> tuple[Path, int, int]:
    """Of a deletion, the path of the text, where in it, and how many bytes."""
    before = sum(part.get("retain", 0) for part in event.delta)
    size = sum(part.get("delete", 0) for part in event.delta)
    return tuple(event.path), before, size
