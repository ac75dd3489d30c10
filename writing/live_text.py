"""A section's text in memory, for as long as somebody has it open in this process."""

import asyncio
import uuid
from collections.abc import Iterable

from pycrdt import Doc, XmlFragment

from writing.actions.text import load_document
from writing.database import in_database
from writing.models import Section
from writing.text import strays
from writing.text.content import contents_of, threads_in
from writing.text.known import Known
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.pieces import units
from writing.text.strays import Stray
from writing.text.structs import Id, Kind, parse
from writing.text.tree import append_element, append_text

EMPTY_STATE_VECTOR = b"\x00"


def last_seqs(section_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """The newest sequence number of each section."""
    rows = Section.objects.filter(pk__in=section_ids)
    return dict(rows.values_list("pk", "last_seq"))


class LiveText:
    """The Yjs document of a section up to `seq`. Everything in it is committed."""

    def __init__(self, section_id: uuid.UUID) -> None:
        self.section_id = section_id
        self.seq = 0
        self.lock = asyncio.Lock()
        self._document: Doc[XmlFragment] | None = None
        self._behind_at: int | None = None
        # With what is on its way into the log; from the first edit on.
        self._known: Known | None = None
        self._returned: dict[Id, Id] = {}

    @property
    def loaded(self) -> bool:
        return self._document is not None

    @property
    def document(self) -> Doc[XmlFragment]:
        if self._document is None:
            raise RuntimeError("load() comes first")
        return self._document

    async def load(self) -> None:
        """Read the log, once. Updates that are announced meanwhile are found by their seq."""
        async with self.lock:
            if self._document is None:
                self.seq, self._document = await in_database(load_document, self.section_id)

    def apply(self, seq: int, data: bytes) -> list[Stray]:
        """Takes the next update of the log in; gives the characters that vanish with it though it
        does not delete them, where anybody edits here."""
        lost: list[Stray] = []
        if self._known is not None:
            lost = strays.apply(self._known, parse(data))
        self.document.apply_update(data)
        self.seq = seq
        return lost

    def state_vector(self) -> bytes:
        return self.document.get_state()

    def diff(self, state_vector: bytes) -> bytes:
        """What a reader with this state vector lacks, as an update v1."""
        return self.document.get_update(state_vector)

    @property
    def known(self) -> Known:
        if self._known is None:
            self._known = Known(parse(self.diff(EMPTY_STATE_VECTOR)))
        return self._known

    def bring_back(self, client: int, stray: Stray) -> bytes:
        """An update (Yjs v1) of this client that shows the characters again: behind those before
        them that came back, else behind their block, else at the end."""
        clock = self.known.next_clock(client)
        if stray.left in self._returned:
            update = strays.more(client, clock, stray.text, self._returned[stray.left])
        elif stray.block:
            update = strays.paragraph(client, clock, stray.text, stray.block)
        else:
            peer = Peer(client, [self.diff(EMPTY_STATE_VECTOR)])
            append_text(append_element(peer.body, "paragraph")).insert(0, stray.text)
            update = peer.take() or b""
        last = units(stray.text) - 1
        end = max(struct.end for struct in parse(update).structs if struct.kind is Kind.STRING)
        self._returned[stray.client, stray.clock + last] = client, end - 1
        return update

    def falls_behind(self, last_seq: int) -> bool:
        """Whether rows known at the previous look are still missing: then no message will come."""
        missed = self._behind_at is not None and self.seq < self._behind_at
        self._behind_at = last_seq if last_seq > self.seq else None
        return missed

    def threads(self) -> set[str]:
        """The ids of the threads that words of it carry."""
        body: XmlFragment = self.document.get("body", type=XmlFragment)
        return threads_in(contents_of(body))

    def count_words(self) -> int:
        body: XmlFragment = self.document.get("body", type=XmlFragment)
        return count_words(body)


async def missed_by(texts: Iterable[LiveText]) -> list[LiveText]:
    """Texts with rows that were already unknown to them at the look before this one."""
    loaded = [text for text in texts if text.loaded]
    seqs = await in_database(last_seqs, [text.section_id for text in loaded])
    return [text for text in loaded if text.falls_behind(seqs.get(text.section_id, 0))]
