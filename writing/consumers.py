"""The socket of an open manuscript: authorise, decode, hand to the hub."""

import logging
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError

from writing.access import Pass, Right, Visitor, has_section, open_right
from writing.actions.text import Entry, claim_client
from writing.admission import guest_in
from writing.database import in_database
from writing.hub import Hub
from writing.live_text import EMPTY_STATE_VECTOR
from writing.people import identity_of
from writing.text import frames, gate

logger = logging.getLogger(__name__)

SIGNED_OUT, NOT_FOUND, BROKEN, REFUSED = 4401, 4404, 4400, 4409
# Something of ours failed: come again. Daphne closes with codes from 3000 on, and with no others.
FAILED = 4500
# The role is another one now; who comes again after a change of session is asked who they are.
FORBIDDEN, COME_AGAIN = 4403, 4205
# What `project.websocket` adds to a connection's scope; with any other server it is not there.
SEND_NOW = "scriptorium.send_now"
EMPTY_UPDATE = b"\x00\x00"
PRESENCE_BYTES = 4096
# Of one socket; a key held down makes sixty of them. The others are shown ten. Besides, each text
# says who is there when it is opened: a document of two hundred sections, all of them at once.
MOST_PRESENCES_PER_SECOND, MOST_OF_A_TEXT = 200, 4


class ManuscriptConsumer(AsyncWebsocketConsumer):
    """Speaks Hocuspocus: a frame's document name is a section's id, or the document's own."""

    # No channel of its own: the hub subscribes once for everybody.
    channel_layer_alias = "none"

    hub: Hub | None = None
    document_id: uuid.UUID
    right: Right

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels would look for old database connections on another thread at every message;
        # ours live in writing.database.
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        self.document_id = self.scope["url_route"]["kwargs"]["document_id"]
        self.joined: set[str] = set()
        self._claimed: set[tuple[str, int]] = set()
        self._presences, self._presences_since = 0, 0.0
        extensions: Mapping[str, Any] = self.scope.get("extensions") or {}
        self._send_now: Callable[[bytes], None] | None = extensions.get(SEND_NOW)
        user: Visitor | None = self.scope["user"]
        await self.accept()  # a browser learns the close code of an accepted socket only
        if user is None or not user.is_authenticated:
            user = await in_database(guest_in, self.scope["session"])
        if user is None:
            await self.close(code=SIGNED_OUT)
            return
        right = await in_database(open_right, self.document_id, user)
        if right is None:
            await self.close(code=NOT_FOUND)
            return
        self.right = right
        self.user_id: int | None = user.pk
        self.admitted = Pass.of(user, self.scope["session"].session_key)
        self.identity = identity_of(user) if user.is_authenticated else None
        self.hub = Hub.join(self.document_id, self)
        # What is loaded after this misses nothing that is saved meanwhile.
        await self.hub.listening()

    async def disconnect(self, code: int) -> None:
        hub, self.hub = self.hub, None
        if hub is not None:
            await hub.leave(self)

    async def let_stay(self, rights: Mapping[Pass, Right | None]) -> None:
        """Close the socket unless its person may still do what they could when they came."""
        if self.admitted not in rights:
            await self.close(code=COME_AGAIN)
        elif (right := rights[self.admitted]) != self.right:
            await self.close(code=FORBIDDEN if right else NOT_FOUND)

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """No frame is taken after this, though the browser may have sent more."""
        hub, self.hub = self.hub, None
        await super().close(code, reason)
        if hub is not None:
            await hub.leave(self)

    async def fail(self) -> None:
        """Close without a fault of the browser's: it comes back and sends what is not saved."""
        if self.hub is not None:
            await self.close(code=FAILED)

    async def send_frame(self, frame: bytes) -> None:
        """Send, unless the browser has gone meanwhile."""
        if self.hub is None:
            return
        if self._send_now is not None:
            self._send_now(frame)
        else:
            with suppress(OSError):  # so says ASGI of a browser that has gone; disconnect() follows
                await self.send(bytes_data=frame)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.hub is None:
            return
        await self.hub.hear(self)
        try:
            frame = frames.decode(bytes_data or b"")
            await self._answer(self.hub, frame)
        except frames.FrameError as error:
            logger.warning("User %s sent a broken frame: %s", self.user_id, error)
            await self.close(code=BROKEN)
        except gate.GateError as error:
            await self._refuse(self.hub, error)
        except DatabaseError:
            # Nothing was acknowledged: the browser comes again, with what is not.
            logger.exception("The database failed")
            await self.fail()

    async def _refuse(self, hub: Hub | None, error: gate.GateError) -> None:
        """Not for what goes on from an edit that we failed to save."""
        if hub is None or hub.has_failed:
            await self.fail()
            return
        logger.warning("User %s sent a refused update: %s", self.user_id, error)
        await self.close(code=REFUSED)

    async def _answer(self, hub: Hub, frame: frames.Frame) -> None:
        match frame:
            case frames.Token(document=name):
                await self._authenticate(name)
            case frames.SyncStep1(document=name, state_vector=state_vector):
                await self._join(hub, name, state_vector)
            case (
                frames.SyncStep2(document=name, update=update)
                | frames.Update(document=name, update=update)
            ):
                await self._edit(hub, name, update)
            case frames.Awareness(document=name, update=update):
                self._show_presence(hub, name, update)
            case frames.QueryAwareness(document=name):
                await self._send_presence(hub, name)
            case frames.Close(document=name):
                self.joined.discard(name)
            case frames.Stateless():
                raise frames.FrameError("browsers send no stateless frames")
            case frames.Pong():
                pass

    async def _may_open(self, name: str) -> bool:
        if name in self.joined or name == str(self.document_id):
            return True
        try:
            section_id = uuid.UUID(name)
        except ValueError:
            return False
        return await in_database(has_section, self.document_id, section_id)

    async def _authenticate(self, name: str) -> None:
        if await self._may_open(name):
            frame = frames.authenticated(name, readonly=self.right < Right.EDIT)
        else:
            frame = frames.permission_denied(name, "not-found")
        await self.send_frame(frame)

    async def _join(self, hub: Hub, name: str, state_vector: bytes) -> None:
        if not await self._may_open(name):
            await self.send_frame(frames.permission_denied(name, "not-found"))
            return
        if name == str(self.document_id):
            missing, ours = EMPTY_UPDATE, EMPTY_STATE_VECTOR
        else:
            text = await hub.text(uuid.UUID(name))
            missing, ours = text.diff(state_vector), text.state_vector()
        # From here to the end of the handshake nothing is awaited that lets an update slip by.
        self.joined.add(name)
        await self.send_frame(frames.sync_step2(name, missing))
        await self.send_frame(frames.sync_step1(name, ours))
        await self._send_presence(hub, name)

    async def _edit(self, hub: Hub, name: str, update: bytes) -> None:
        if update == EMPTY_UPDATE:
            await self.send_frame(frames.sync_status(name, saved=True))
            return
        if self.right < Right.EDIT or name not in self.joined or name == str(self.document_id):
            await self.send_frame(frames.sync_status(name, saved=False))
            return
        section_id = uuid.UUID(name)
        summary = await hub.admit(section_id, update)
        for client_id in summary.clients:
            await self._claim(section_id, client_id)
        hub.save(self, section_id, Entry(update, user_id=self.user_id), summary)

    async def _claim(self, section_id: uuid.UUID, client_id: int) -> None:
        """Nobody writes under the client id of another: raises GateError."""
        key = (str(section_id), client_id)
        if key in self._claimed:
            return
        if not await in_database(claim_client, section_id, client_id, user_id=self.user_id):
            raise gate.GateError(f"client id {client_id} belongs to somebody else")
        self._claimed.add(key)

    def _show_presence(self, hub: Hub, name: str, update: bytes) -> None:
        if name not in self.joined or self.identity is None or self.user_id is None:
            return  # a guest is not shown to anybody
        if len(update) > PRESENCE_BYTES:
            raise frames.FrameError("an awareness state is too large")
        now = time.monotonic()
        if now - self._presences_since > 1:
            self._presences, self._presences_since = 0, now
        self._presences += 1
        if self._presences > MOST_PRESENCES_PER_SECOND + MOST_OF_A_TEXT * len(self.joined):
            raise frames.FrameError("too many awareness states")
        presences = [
            frames.Presence(
                p.client_id,
                p.clock,
                None if p.state is None else {**p.state, "user": self.identity},
            )
            for p in frames.decode_awareness(update)
            if hub.presences.may_speak(name, p, self, self.user_id)
        ]
        if presences:
            hub.presences.remember(name, presences, owner=self)
            hub.movements.add(name, presences, self)

    async def _send_presence(self, hub: Hub, name: str) -> None:
        if update := hub.presences.update_for(name):
            await self.send_frame(frames.awareness(name, update))
