"""What rows say of live texts: how long they are, and which threads' words are still there."""

import uuid
from collections.abc import Mapping

from django.db import DatabaseError

from writing.actions.anchors import anchored_threads, set_words_gone
from writing.actions.text import set_word_counts
from writing.database import in_database
from writing.live_text import LiveText


class Derived:
    """Of one hub's texts, brought up to date every few seconds for those that have changed."""

    def __init__(self, document_id: uuid.UUID, texts: Mapping[uuid.UUID, LiveText]) -> None:
        self._document_id = document_id
        self._texts = texts
        self._edited: set[uuid.UUID] = set()
        self._changed: set[uuid.UUID] = set()

    def edited(self, section_id: uuid.UUID) -> None:
        """Somebody here has edited it: its words are counted here."""
        self._edited.add(section_id)

    def changed(self, section_id: uuid.UUID) -> None:
        """It was opened, or changed by whomever: words of threads may have gone, or come back."""
        self._changed.add(section_id)

    async def bring_up_to_date(self) -> None:
        """What the database does not take is tried again the next time; it raises DatabaseError."""
        edited, self._edited = self._edited, set()
        changed, self._changed = self._changed, set()
        try:
            await self._bring(edited, changed)
        except DatabaseError:
            self._edited |= edited
            self._changed |= changed
            raise

    async def _bring(self, edited: set[uuid.UUID], changed: set[uuid.UUID]) -> None:
        for text in self._loaded(edited):
            await in_database(set_word_counts, {text.section_id: text.count_words()})
        if not changed:
            return
        found = await in_database(anchored_threads, changed)
        for text in self._loaded(changed & found.keys()):
            anchored = found[text.section_id]
            if text.seq < anchored.seq:
                # A comment's row may be here before its mark: the next look knows.
                self._changed.add(text.section_id)
                continue
            marked = text.threads()
            gone = {pk: str(pk) not in marked for pk in anchored.gone}
            if gone != anchored.gone:
                await in_database(set_words_gone, self._document_id, gone)

    def _loaded(self, section_ids: set[uuid.UUID]) -> list[LiveText]:
        found = (self._texts.get(section_id) for section_id in section_ids)
        return [text for text in found if text is not None and text.loaded]
