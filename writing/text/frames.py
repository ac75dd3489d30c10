"""Frames of the Hocuspocus 4 protocol, as @hocuspocus/provider speaks it.

A frame is a document name, a message type and that type's payload; ping and pong are a single byte
without a name. Source: github.com/ueberdosis/hocuspocus, packages/provider/src.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from writing.text.lib0 import Malformed, Reader, varbytes, varstring, varuint


class FrameError(ValueError):
    """Not a frame that a browser of ours would send."""


class MessageType(IntEnum):
    SYNC = 0
    AWARENESS = 1
    AUTH = 2
    QUERY_AWARENESS = 3
    STATELESS = 5
    CLOSE = 7
    SYNC_STATUS = 8
    PING = 9
    PONG = 10


class SyncType(IntEnum):
    STEP_1 = 0
    STEP_2 = 1
    UPDATE = 2


class AuthType(IntEnum):
    TOKEN = 0
    PERMISSION_DENIED = 1
    AUTHENTICATED = 2


@dataclass(frozen=True, slots=True)
class SyncStep1:
    """Asks for what its sender lacks; `state_vector` in Yjs v1 encoding."""

    document: str
    state_vector: bytes


@dataclass(frozen=True, slots=True)
class SyncStep2:
    """Answers a step 1; `update` in Yjs v1 encoding, as in `Update`."""

    document: str
    update: bytes


@dataclass(frozen=True, slots=True)
class Update:
    document: str
    update: bytes


@dataclass(frozen=True, slots=True)
class Awareness:
    """Who is here; read `update` with `decode_awareness`."""

    document: str
    update: bytes


@dataclass(frozen=True, slots=True)
class QueryAwareness:
    document: str


@dataclass(frozen=True, slots=True)
class Token:
    document: str
    token: str


@dataclass(frozen=True, slots=True)
class Stateless:
    document: str
    payload: str


@dataclass(frozen=True, slots=True)
class Close:
    document: str


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to our ping; it names no document."""


Frame = (
    SyncStep1 | SyncStep2 | Update | Awareness | QueryAwareness | Token | Stateless | Close | Pong
)

_SYNC_FRAMES: dict[int, type[SyncStep1] | type[SyncStep2] | type[Update]] = {
    SyncType.STEP_1: SyncStep1,
    SyncType.STEP_2: SyncStep2,
    SyncType.UPDATE: Update,
}


def decode(data: bytes) -> Frame:
    """What a browser sent. Raises `FrameError` on anything else."""
    if data == bytes([MessageType.PONG]):
        return Pong()
    reader = Reader(data)
    try:
        frame = _read_frame(reader)
        reader.finish()
    except Malformed as error:
        raise FrameError(str(error)) from error
    return frame


def _read_frame(reader: Reader) -> Frame:
    document = reader.varstring()
    kind = reader.varuint()
    match kind:
        case MessageType.SYNC:
            step = reader.varuint()
            if step not in _SYNC_FRAMES:
                raise FrameError(f"unknown sync message {step}")
            return _SYNC_FRAMES[step](document, reader.varbytes())
        case MessageType.AWARENESS:
            return Awareness(document, reader.varbytes())
        case MessageType.QUERY_AWARENESS:
            return QueryAwareness(document)
        case MessageType.AUTH:
            if (auth := reader.varuint()) != AuthType.TOKEN:
                raise FrameError(f"unknown authentication message {auth}")
            token = reader.varstring()
            if reader.left:
                reader.varstring()  # the provider's version
            return Token(document, token)
        case MessageType.STATELESS:
            return Stateless(document, reader.varstring())
        case MessageType.CLOSE:
            return Close(document)
    raise FrameError(f"unknown message {kind}")


def _frame(document: str, kind: MessageType, payload: bytes) -> bytes:
    return varstring(document) + varuint(kind) + payload


def sync_step1(document: str, state_vector: bytes) -> bytes:
    return _frame(document, MessageType.SYNC, varuint(SyncType.STEP_1) + varbytes(state_vector))


def sync_step2(document: str, update: bytes) -> bytes:
    return _frame(document, MessageType.SYNC, varuint(SyncType.STEP_2) + varbytes(update))


def update(document: str, update: bytes) -> bytes:
    return _frame(document, MessageType.SYNC, varuint(SyncType.UPDATE) + varbytes(update))


def awareness(document: str, update: bytes) -> bytes:
    return _frame(document, MessageType.AWARENESS, varbytes(update))


def authenticated(document: str, readonly: bool) -> bytes:
    scope = "readonly" if readonly else "read-write"
    return _frame(document, MessageType.AUTH, varuint(AuthType.AUTHENTICATED) + varstring(scope))


def permission_denied(document: str, reason: str) -> bytes:
    payload = varuint(AuthType.PERMISSION_DENIED) + varstring(reason)
    return _frame(document, MessageType.AUTH, payload)


def stateless(document: str, payload: str) -> bytes:
    return _frame(document, MessageType.STATELESS, varstring(payload))


def sync_status(document: str, saved: bool) -> bytes:
    """Acknowledges one update (or one step 2); the browser counts them."""
    return _frame(document, MessageType.SYNC_STATUS, varuint(int(saved)))


def close(document: str, reason: str) -> bytes:
    return _frame(document, MessageType.CLOSE, varstring(reason))


def ping() -> bytes:
    return bytes([MessageType.PING])


@dataclass(frozen=True, slots=True)
class Presence:
    """What one peer shows of itself; a `state` of None says that it left."""

    client_id: int
    clock: int
    state: dict[str, Any] | None


def decode_awareness(update: bytes) -> list[Presence]:
    """The content of an awareness update (y-protocols). Raises `FrameError`."""
    reader = Reader(update)
    try:
        present = [
            Presence(reader.varuint(), reader.varuint(), _state(reader.varstring()))
            for _ in range(reader.varuint())
        ]
        reader.finish()
    except Malformed as error:
        raise FrameError(str(error)) from error
    return present


def _state(text: str) -> dict[str, Any] | None:
    try:
        state = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError("presence is not JSON") from error
    if state is not None and not isinstance(state, dict):
        raise FrameError("presence is not an object")
    return state


def encode_awareness(present: Iterable[Presence]) -> bytes:
    peers = list(present)
    return varuint(len(peers)) + b"".join(
        varuint(peer.client_id)
        + varuint(peer.clock)
        + varstring(json.dumps(peer.state, ensure_ascii=False, separators=(",", ":")))
        for peer in peers
    )
