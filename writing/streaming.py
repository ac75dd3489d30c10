"""Long answers that begin at once: made piece by piece while they are sent."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async

PIECE_BYTES = 64 * 1024


async def in_pieces(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """What `parts` gives, larger pieces at a time, without holding up the event loop.

    Django would read an ordinary iterator to its end before the first byte is sent.
    """

    def piece() -> bytes:
        gathered = bytearray()
        for part in parts:
            gathered += part
            if len(gathered) >= PIECE_BYTES:
                break
        return bytes(gathered)

    while found := await sync_to_async(piece)():
        yield found
