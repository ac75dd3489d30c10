"""Sections written by several people and agents, for the tests of what becomes of that."""

import uuid
from datetime import UTC, datetime

from django.contrib.auth.models import User
from pycrdt import XmlText

from writing.actions.text import append_update, body_of, claim_client, load_updates, new_client
from writing.models import Section, Update
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer
from writing.text.tree import texts


class Hand:
    """Somebody at a section: a person, or an attempt. Each change is one update of the log."""

    def __init__(self, section: Section, author: User | uuid.UUID) -> None:
        self.section = section
        self.user = author if isinstance(author, User) else None
        self.attempt = author if isinstance(author, uuid.UUID) else None
        if self.user:
            client = new_client(section.pk, self.user.pk)
        else:
            client = uuid.uuid4().int % 2**32
            claim_client(section.pk, client, attempt=self.attempt)
        self._peer = Peer(client)

    def write(self, markdown: str) -> int:
        """New paragraphs at the end; gives the number of the update."""
        self._look()
        mark = {"agent": {"attempt": str(self.attempt), "tone": 1}} if self.attempt else None
        append_markdown(self._peer.body, markdown, mark)
        return self._save()

    def replace(self, old: str, new: str) -> int:
        """Words that stand in one paragraph, by others."""
        text, start, end = self._find(old)
        del text[start:end]
        text.insert(start, new, {"agent": None, "strong": None})
        return self._save()

    def remove(self, old: str) -> int:
        text, start, end = self._find(old)
        del text[start:end]
        return self._save()

    def _find(self, words: str) -> tuple[XmlText, int, int]:
        self._look()
        for _, _, text in texts(self._peer.body):
            string = "".join(run for run, _ in text.diff())
            if words in string:
                start = len(string[: string.index(words)].encode())
                return text, start, start + len(words.encode())
        raise AssertionError(f"{words} is not there")

    def _look(self) -> None:
        self._peer.pull(load_updates(self.section.pk)[1])

    def _save(self) -> int:
        written = self._peer.take()
        assert written
        user = self.user.pk if self.user else None
        return append_update(self.section.pk, written, user_id=user, attempt=self.attempt)


def text_of(section: Section) -> str:
    return to_markdown(body_of(section.pk)).strip()


def saved_at(section: Section, minutes: int) -> None:
    """As if the newest update had been saved then, counted from noon."""
    newest = Update.objects.filter(section=section).latest("seq")
    at = datetime(2026, 11, 24, 12 + minutes // 60, minutes % 60, tzinfo=UTC)
    Update.objects.filter(pk=newest.pk).update(created_at=at)
