"""What a browser's provider does on the socket, in Python: real frames, a real Yjs document."""

import json
import time
from collections.abc import Callable
from typing import Any, cast

from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from pycrdt import Decoder, Doc, XmlElement, XmlFragment, XmlText

from project.asgi import application
from writing.text import frames

PONG = bytes([frames.MessageType.PONG])
SYNC, AWARENESS, AUTH, STATELESS, SYNC_STATUS = 0, 1, 2, 5, 8


class BrowserDouble:
    """One socket and one open section."""

    def __init__(
        self,
        document_id: object,
        user: AbstractBaseUser | AnonymousUser | None,
        session_key: str | None = None,
    ) -> None:
        """As `user`, or as whoever the session belongs to."""
        self.document_name = str(document_id)
        self.socket = WebsocketCommunicator(
            application,
            f"/ws/documents/{document_id}/",
            headers=[
                (b"origin", b"http://localhost"),
                (b"host", b"localhost"),
                (b"cookie", f"{settings.SESSION_COOKIE_NAME}={session_key or ''}".encode()),
            ],
        )
        if user is not None:
            cast("dict[str, Any]", self.socket.scope)["user"] = user
        self.saved: list[bool] = []
        self.readonly: bool | None = None
        self.denied: list[str] = []
        self.hints: list[dict[str, Any]] = []
        self.present: dict[int, dict[str, Any] | None] = {}
        self.frames_of_presence = 0
        self.text: Doc[XmlFragment] = Doc()
        self.section = ""
        self.pings = 0

    async def connect(self) -> None:
        connected, _ = await self.socket.connect()
        assert connected

    async def open(self, section_id: object) -> None:
        """The provider's handshake for a section, until its text is here."""
        self.section = str(section_id)
        await self.send(token(self.section))
        await self.send(frames.sync_step1(self.section, self.text.get_state()))
        self._synced = False
        await self.until(lambda: self._synced or bool(self.denied))

    async def send(self, frame: bytes) -> None:
        await self.socket.send_to(bytes_data=frame)

    async def type(self, words: str) -> None:
        """Add a paragraph; the update is sent, not yet acknowledged."""
        before = self.text.get_state()
        with self.text.transaction():
            body = self.text.get("body", type=XmlFragment)
            body.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        await self.send(frames.update(self.section, self.text.get_update(before)))

    def read(self) -> str:
        return str(self.text.get("body", type=XmlFragment))

    async def until(self, condition: Callable[[], bool], timeout: float = 5) -> None:
        """Take frames until the condition holds; raises TimeoutError when only pings come."""
        deadline = time.monotonic() + timeout
        while not condition():
            frame = await self.socket.receive_from(timeout=deadline - time.monotonic())
            assert isinstance(frame, bytes)
            if frame == frames.ping():
                await self.send(PONG)
            else:
                deadline = time.monotonic() + timeout
            self._take(frame)

    async def until_pinged(self) -> None:
        """Take frames until the server asks whether anybody is there, and answer."""
        pings = self.pings
        await self.until(lambda: self.pings > pings)

    async def closed_with(self) -> int:
        """The close code; frames before it are taken."""
        while True:
            event = await self.socket.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                return int(event["code"])
            self._take(event["bytes"])

    def _take(self, frame: bytes) -> None:
        if frame == frames.ping():
            self.pings += 1
            return
        decoder = Decoder(frame)
        name, kind = decoder.read_var_string(), decoder.read_var_uint()
        match kind:
            case 0:
                step, payload = decoder.read_var_uint(), decoder.read_message()
                assert name == self.section or name == self.document_name
                if step == 0:
                    self._synced = True
                elif name == self.section and payload is not None:
                    self.text.apply_update(payload)
            case 1:
                self.frames_of_presence += 1
                payload = decoder.read_message()
                for presence in frames.decode_awareness(payload or b""):
                    self.present[presence.client_id] = presence.state
            case 2:
                if decoder.read_var_uint() == 2:
                    self.readonly = decoder.read_var_string() == "readonly"
                else:
                    self.denied.append(decoder.read_var_string())
            case 5:
                self.hints.append(json.loads(decoder.read_var_string()))
            case 8:
                self.saved.append(decoder.read_var_uint() == 1)
            case other:
                raise AssertionError(f"frame of type {other}")


def token(name: str) -> bytes:
    """The provider's Auth frame with an empty token and its version."""
    encoded = name.encode()
    return bytes([len(encoded)]) + encoded + bytes([AUTH, 0, 0]) + b"\x054.8.0"
