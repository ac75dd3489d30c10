"""WebSockets for many clients in one process: whole binary messages, and nothing else.

Written for its speed: a hundred browsers together receive ten thousand messages a second.
"""

import asyncio
import base64
import os
from collections.abc import Callable

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
_FINAL, _MASKED = 128, 128
# A mask that changes nothing: legal, and of no use against proxies, of which there are none here.
_MASK = bytes(4)


class Closed(ConnectionError):
    """The server closed, with this code (1006: without a word)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"closed with {code}")
        self.code = code


class Socket(asyncio.Protocol):
    """`take` is given every message; `closed` is done, with the code, when the connection is."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        self.take = take
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._code = 1006

    async def open(self, host: str, port: int, path: str, cookie: str = "") -> None:
        """Raises Closed, or ConnectionError where nothing listens."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(lambda: self, host, port)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            f"Host: {host}:{port}",
            f"Origin: http://{host}:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
            *([f"Cookie: {cookie}"] if cookie else []),
        ]
        self._transport.write("\r\n".join([*lines, "", ""]).encode())
        await self._opened

    def send(self, message: bytes) -> None:
        self._write(BINARY, message)

    def abort(self) -> None:
        """As when the network goes away."""
        if self._transport is not None:
            self._transport.abort()

    def _write(self, opcode: int, payload: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            raise Closed(self._code)
        length = len(payload)
        if length < 126:
            head = bytes([_FINAL | opcode, _MASKED | length])
        elif length < 65536:
            head = bytes([_FINAL | opcode, _MASKED | 126]) + length.to_bytes(2, "big")
        else:
            head = bytes([_FINAL | opcode, _MASKED | 127]) + length.to_bytes(8, "big")
        self._transport.write(head + _MASK + payload)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._opened.done() and not self._shake_hands():
            return
        start, size = 0, len(self._buffer)
        while size - start >= 2:
            length, body = self._buffer[start + 1], start + 2
            if length == 126:
                length, body = int.from_bytes(self._buffer[start + 2 : start + 4], "big"), start + 4
            elif length == 127:
                length, body = (
                    int.from_bytes(self._buffer[start + 2 : start + 10], "big"),
                    start + 10,
                )
            if size < body + length:
                break
            self._receive(self._buffer[start], bytes(self._buffer[body : body + length]))
            start = body + length
        del self._buffer[:start]

    def _shake_hands(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._buffer = rest
        status = bytes(head.split(b" ", 2)[1])
        if status == b"101":
            self._opened.set_result(None)
            return True
        self._opened.set_exception(ConnectionRefusedError(f"status {status.decode()}"))
        self.abort()
        return False

    def _receive(self, first: int, payload: bytes) -> None:
        match first:
            case 130:  # _FINAL | BINARY
                self.take(payload)
            case 136:  # _FINAL | CLOSE
                self._code = int.from_bytes(payload[:2], "big") if payload else 1005
                self._write(CLOSE, payload[:2])
                if self._transport is not None:
                    self._transport.close()
            case 137:  # _FINAL | PING
                self._write(PONG, payload)
            case 138:  # _FINAL | PONG
                pass
            case other:
                raise ValueError(f"a WebSocket frame that begins with {other}")

    def connection_lost(self, error: Exception | None) -> None:
        if not self._opened.done():
            self._opened.set_exception(Closed(self._code))
        if self.closed.done():
            return
        if error is None or isinstance(error, OSError):
            self.closed.set_result(self._code)
        else:  # `take` raised it
            self.closed.set_exception(error)
