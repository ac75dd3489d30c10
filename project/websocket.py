"""How frames get to browsers."""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.tcp import Connection


class PromptProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Writes each frame at once, which takes a quarter of the time that Daphne's own takes.

    Autobahn makes two coloured lines for the log of each frame, even if nothing is logged; and
    Twisted writes when its loop comes round, which costs more than the writing does.
    """

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """Hand octets to the operating system, or to Twisted what that does not take now."""
        transport: Any = self.transport
        is_plain = isinstance(transport, Connection) and self.state == self.STATE_OPEN
        if sync or chopsize or self.send_queue or not is_plain:
            super().sendData(data, sync, chopsize)
            return
        self.trafficStats.outgoingOctetsWireLevel += len(data)
        written: int | Exception = 0
        if transport.connected and not (transport.dataBuffer or transport._tempDataBuffer):
            written = transport.writeSomeData(data)
        if isinstance(written, Exception):
            written = 0  # Twisted comes upon it too, and then tells everybody
        if written < len(data):
            transport.write(data[written:])
