"""The two protocols that servers of Yjs texts speak; ours is Hocuspocus's."""

from collections.abc import Iterable
from dataclasses import dataclass

from writing.text import frames
from writing.text.lib0 import Malformed, Reader, varbytes, varstring, varuint

SYNC, STATUS = int(frames.MessageType.SYNC), int(frames.MessageType.SYNC_STATUS)
STEP_1, STEP_2, UPDATE = (int(step) for step in frames.SyncType)
NOTHING_KNOWN, NOTHING_NEW = b"\x00", b"\x00\x00"


@dataclass(frozen=True, slots=True)
class Place:
    """One text on a server. `names`: as frames call it, and whatever else a browser opens there;
    none in the dialect of y-websocket, whose texts are known by their path."""

    host: str
    port: int
    path: str
    names: tuple[str, ...] = ()

    @property
    def prefix(self) -> bytes:
        return varstring(self.names[0]) if self.names else b""

    def hello(self, state_vector: bytes = NOTHING_KNOWN) -> Iterable[bytes]:
        """What a browser sends first; it knows this much of the text."""
        for index, name in enumerate(self.names):
            yield varstring(name) + bytes([int(frames.MessageType.AUTH), 0]) + varstring("")
            yield frames.sync_step1(name, NOTHING_KNOWN if index else state_vector)
        if not self.names:
            yield self.frame(STEP_1, state_vector)

    def frame(self, step: int, content: bytes) -> bytes:
        return self.prefix + varuint(SYNC) + varuint(step) + varbytes(content)

    def read(self, frame: bytes) -> tuple[int, bytes] | None:
        """Step and content of a frame about this text; a status comes as (STATUS, b"\\x01" or 0).

        None for all else.
        """
        if not frame.startswith(self.prefix):
            return None
        reader = Reader(frame)
        reader.position = len(self.prefix)
        try:
            kind = reader.varuint()
            if kind == STATUS and self.names:
                return STATUS, reader.raw(1)
            return (reader.varuint(), reader.varbytes()) if kind == SYNC else None
        except Malformed as error:
            raise ValueError(f"the server sent {frame[:80]!r}") from error
