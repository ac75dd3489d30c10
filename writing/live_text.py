"""A section's text in memory, for as long as somebody has it open in this process."""

import asyncio
import uuid
from collections.abc import Iterable

from pycrdt import Doc, XmlFragment

from writing.actions.text import load_document
from writing.database import in_database
from writing.models import Section
from writing.text.gate import Summary
from writing.text.known import Known
from writing.text.markdown import count_words
from writing.text.structs import parse


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
        # As far as somebody's update went on from it, and what is on its way into the log.
        self._known = Known()

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

    def apply(self, seq: int, data: bytes) -> None:
        self.document.apply_update(data)
        self.seq = seq

    def state_vector(self) -> bytes:
        return self.document.get_state()

    def diff(self, state_vector: bytes) -> bytes:
        """What a reader with this state vector lacks, as an update v1."""
        return self.document.get_update(state_vector)

    def lacks(self, summary: Summary) -> bool:
        """Whether the update goes on from something that is not here."""
        if self._known.lacks(summary):
            self._known.add(parse(self.diff(self._known.state_vector())).structs)
        return self._known.lacks(summary)

    def check(self, summary: Summary) -> None:
        """Raises GateError if an update that lacks nothing puts something where it cannot be."""
        self._known.check(summary)

    def expect(self, summary: Summary) -> None:
        """The update is about to be saved: what goes on from it may come before that is done."""
        self._known.add(summary.structs)

    def expect_nothing(self) -> None:
        """What was about to be saved was not."""
        self._known = Known()

    def falls_behind(self, last_seq: int) -> bool:
        """Whether rows known at the previous look are still missing: then no message will come."""
        missed = self._behind_at is not None and self.seq < self._behind_at
        self._behind_at = last_seq if last_seq > self.seq else None
        return missed

    def count_words(self) -> int:
        body: XmlFragment = self.document.get("body", type=XmlFragment)
        return count_words(body)
