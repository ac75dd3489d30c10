"""Text that vanished with somebody else's edit, and is put back as its author's."""

import uuid
from collections.abc import AsyncIterator, Iterable

from django.db import DatabaseError

from writing.actions.text import Entry, author_of, new_client
from writing.database import in_database
from writing.live_text import LiveText
from writing.text.strays import Stray


class Returning:
    """What one process has to bring back into the texts of a document."""

    def __init__(self) -> None:
        self._lost: list[tuple[LiveText, Stray]] = []
        self._pens: dict[tuple[uuid.UUID, int], int] = {}

    def lose(self, text: LiveText, strays: Iterable[Stray]) -> None:
        self._lost += [(text, stray) for stray in strays]

    async def entries(self) -> AsyncIterator[tuple[LiveText, Entry]]:
        """An update for each that was lost, once; agents look after their words themselves.
        Raises DatabaseError; what was not given yet is given next time."""
        while self._lost:
            text, stray = lost = self._lost.pop(0)
            try:
                user_id = await in_database(author_of, text.section_id, stray.client)
                if user_id is None:
                    continue
                pen = text.section_id, user_id
                if pen not in self._pens:
                    self._pens[pen] = await in_database(new_client, *pen)
            except DatabaseError:
                self._lost.insert(0, lost)
                raise
            yield text, Entry(text.bring_back(self._pens[pen], stray), user_id=user_id)
