"""Server-sent events, read by hand: several times cheaper a token than the openai package's own."""

MAX_LINE_BYTES = 4 * 1024 * 1024


class SSEError(Exception):
    """The stream is not one of server-sent events."""


class DataLines:
    """Cuts bytes, however split, into the values of `data:` lines.

    OpenAI-compatible providers put one JSON value on one line; comments, which some send to keep
    the connection open, and other fields are passed over.
    """

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            raise SSEError("a line without an end")
        return [line[5:].strip() for line in lines if line.startswith(b"data:")]
