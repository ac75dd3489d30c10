"""How frames get to browsers."""

from functools import lru_cache
from typing import Any

from autobahn.websocket.protocol import PreparedMessage
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.tcp import Connection

# In the scope of a connection, beside what ASGI says: a function that sends bytes as a message now.
SEND_NOW = "scriptorium.send_now"


@lru_cache(maxsize=8)
def _prepared(message: bytes) -> PreparedMessage:
    """The message in its frame, which is the same for every browser: browsers alone mask theirs."""
    return PreparedMessage(message, isBinary=True, applyMask=False, doNotCompress=True)


class PromptServer(Server):  # type: ignore[misc]  # Daphne has no types
    """Daphne, with `SEND_NOW`: the way of a message through Channels' and Daphne's layers costs
    several times what the operating system takes to send it, and an edit is shown to hundreds."""

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, PromptProtocol):
            scope["extensions"] = {SEND_NOW: protocol.send_now}
        return super().create_application(protocol, scope)


class PromptProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne has no types
    """Writes each frame at once, which takes a quarter of the time that Daphne's own takes.

    Autobahn makes two coloured lines for the log of each frame, even if nothing is logged; and
    Twisted writes when its loop comes round, which costs more than the writing does.
    """

    def send_now(self, message: bytes) -> None:
        """Send a message, unless the connection is not open or no longer."""
        if self.state == self.STATE_OPEN:
            self.sendPreparedMessage(_prepared(message))

    def sendData(self, data: bytes, sync: bool = False, chopsize: int | None = None) -> None:  # noqa: N802
        """Hand octets to the operating system, or to Twisted what that does not take now."""
        transport: Any = self.transport
        is_plain = isinstance(transport, Connection) and self.state == self.STATE_OPEN
        if sync or chopsize or self.send_queue or not is_plain:
            super().sendData(data, sync, chopsize)
            return
        self.trafficStats.outgoingOctetsWireLevel += len(data)
        written = 0
        if transport.connected and not (transport.dataBuffer or transport._tempDataBuffer):
            try:  # noqa: SIM105 (a context manager costs as much as the rest)
                written = transport.socket.send(data)
            except OSError:  # full, or gone: Twisted comes upon it too, and tells everybody
                pass
        if written < len(data):
            transport.write(data[written:])
