"""Suggestions: making rows of them, deciding on them, taking a decision back.

Whoever accepts or rejects one writes that into the text as an edit of their own.
"""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pycrdt import UndoManager, XmlText

from writing.actions.text import append_update, load_updates, new_client, set_word_counts
from writing.announce import announce, announce_update
from writing.exceptions import InvalidInput
from writing.limits import clean_reason, clean_replacement
from writing.models import Decision, Reading, Section, Suggestion
from writing.open_suggestions import Open, open_suggestions
from writing.text.anchors import find_span
from writing.text.deciding import decide
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.proposing import propose
from writing.text.reviewing import mark_accepted
from writing.text.structs import Id
from writing.text.suggestions import is_free, suggested_in
from writing.text.tree import plain, text_at

# For so long a decision can be taken back.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which suggestions are meant: those with these ids, or all; of this author, or of anybody."""

    ids: Collection[uuid.UUID] = ()
    user_id: int | None = None
    agent: str = ""
    attempt: uuid.UUID | None = None

    def means(self, found: Open) -> bool:
        row = found.row
        return (
            (not self.ids or row.mark in self.ids)
            and (self.user_id is None or row.user_id == self.user_id)
            and (not self.agent or (row.agent_name == self.agent and row.user_id is None))
            and (self.attempt is None or row.attempt == self.attempt)
        )


def decide_suggestions(
    sections: Iterable[Section], choice: Choice, *, accept: bool, acting_user: AbstractBaseUser
) -> tuple[uuid.UUID, int]:
    """Accept or reject what is meant in these sections; gives what takes it back again, and how
    many there were. Raises InvalidInput if none of them is open."""
    batch = uuid.uuid4()
    count = 0
    with transaction.atomic():
        pks = [section.pk for section in sections]
        # One order for everybody who holds several.
        locked = Section.objects.select_for_update().filter(pk__in=pks).order_by("pk")
        for section in list(locked):
            meant = [found for found in open_suggestions([section]) if choice.means(found)]
            count += len(meant)
            for own in _by_author(meant):
                _decide(section, own, batch, accept=accept, acting_user=acting_user)
        if not count:
            raise InvalidInput(_("Nothing of that is open any more."))
        Decision.objects.filter(decided_at__lt=timezone.now() - KEPT).delete()
    return batch, count


def _by_author(meant: Sequence[Open]) -> Iterator[list[Open]]:
    """Each author's by themselves: so one attempt can be undone with what was decided about it."""

    def author(found: Open) -> tuple[int, str]:
        return found.row.user_id or 0, str(found.row.attempt)

    for _author, own in groupby(sorted(meant, key=author), key=author):
        yield list(own)


def _decide(
    section: Section,
    meant: Sequence[Open],
    batch: uuid.UUID,
    *,
    accept: bool,
    acting_user: AbstractBaseUser,
) -> None:
    """Holds the section's row."""
    _seq, updates = load_updates(section.pk)
    peer = Peer(new_client(section.pk, acting_user.pk), updates)
    manager = UndoManager(scopes=[peer.body], capture_timeout_millis=0)
    ids, reading = [found.said.id for found in meant], uuid.uuid4()
    with peer.doc.transaction():
        # Who accepts words has read them.
        is_read = accept and mark_accepted(peer, str(reading), ids)
        decide(peer.body, ids, accept=accept)
    update, words = peer.take() or b"", count_words(peer.body)
    # Worked out now, it fits later too: it is merged like an edit that somebody made offline.
    manager.undo()
    inverse = peer.take() or b""
    seq = append_update(section.pk, update, user_id=acting_user.pk)
    decision = Decision.objects.create(
        batch=batch, section=section, seq=seq, inverse=inverse, decided_by_id=acting_user.pk
    )
    if is_read:
        Reading.objects.create(
            pk=reading, section=section, user_id=acting_user.pk, seq=seq, by_accepting=True
        )
    rows = Suggestion.objects.filter(pk__in=[found.row.pk for found in meant])
    rows.update(
        accepted=accept,
        decided_at=timezone.now(),
        decided_by=acting_user.pk,
        decision=decision,
    )
    _tell(section, seq, update, words, acting_user)


def withdraw(section: Section, *, attempt: uuid.UUID, acting_user: AbstractBaseUser) -> int | None:
    """Reject what the attempt suggested, also what was accepted of it; gives the number of the
    last update, None if there was nothing. `take_back` of the decisions of that batch, the
    attempt's, opens it again. To be called in a transaction."""
    accepted = section.decisions.filter(suggestions__attempt=attempt, suggestions__accepted=True)
    take_back(list(accepted.distinct()), acting_user=acting_user)
    section = Section.objects.select_for_update().get(pk=section.pk)
    own = section.suggestions.filter(attempt=attempt, accepted=None)
    meant = [found for found in open_suggestions([section]) if found.row.attempt == attempt]
    seq = None
    if meant:
        _decide(section, meant, attempt, accept=False, acting_user=acting_user)
        seq = section.last_seq + 1
    own.update(accepted=False, decided_at=timezone.now(), decided_by=acting_user.pk)
    return seq


def take_back(decisions: Iterable[Decision], *, acting_user: AbstractBaseUser) -> None:
    """Open again what these decided; whatever was written since stays."""
    with transaction.atomic():
        for decision in decisions:
            section = Section.objects.select_for_update().get(pk=decision.section_id)
            inverse = bytes(decision.inverse)
            _seq, updates = load_updates(section.pk)
            words = count_words(Peer(1, [*updates, inverse]).body)
            seq = append_update(section.pk, inverse, user_id=acting_user.pk)
            decision.suggestions.update(
                accepted=None, decided_at=None, decided_by=None, decision=None
            )
            section.readings.filter(seq=decision.seq, by_accepting=True).delete()
            decision.delete()
            _tell(section, seq, inverse, words, acting_user)


def words_between(section: Section, first: Id, last: Id) -> str:
    """What stands from one character to another; raises InvalidInput."""
    _peer, text, start, end = _find(section, 1, first, last)
    return plain(text).encode()[start:end].decode()


def suggest_replacement(
    section: Section,
    *,
    acting_user: AbstractBaseUser,
    first: Id,
    last: Id,
    new_text: str,
    reason: str = "",
) -> Suggestion:
    """Suggest other words for those from one character to another; raises InvalidInput."""
    new_text, reason = clean_replacement(new_text), clean_reason(reason)
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=section.pk)
        client_id = new_client(section.pk, acting_user.pk)
        peer, text, start, end = _find(section, client_id, first, last)
        mark = str(uuid.uuid4())
        if not propose(peer, text, start, end, new_text, name=lambda: mark):
            raise InvalidInput(_("Write what is to stand there instead."))
        update = peer.take() or b""
        seq = append_update(section.pk, update, user_id=acting_user.pk)
        announce_update(section, seq, update)
        [said] = [each for each in suggested_in(peer.body) if each.id == mark]
        return note_suggestion(
            section, mark=mark, old=said.old, new=said.new, reason=reason, user=acting_user
        )


def note_suggestion(
    section: Section,
    *,
    mark: str,
    old: str,
    new: str,
    reason: str = "",
    user: AbstractBaseUser | None = None,
    attempt: uuid.UUID | None = None,
    agent_name: str = "",
    agent_tone: int = 1,
) -> Suggestion:
    """The row of a suggestion whose marks the caller writes in the same transaction."""
    with transaction.atomic(savepoint=False):
        suggestion = Suggestion.objects.create(
            section=section,
            mark=mark,
            user_id=user.pk if user else None,
            attempt=attempt,
            agent_name=agent_name,
            agent_tone=agent_tone,
            reason=reason,
            old=old,
            new=new,
        )
        announce(section.document_id, "review-changed")
    return suggestion


def move_suggestions(source: Section, target: Section, marks: Collection[str]) -> None:
    """Their marks stand in another section's text now."""
    known = target.suggestions.filter(mark__in=marks).values("mark")
    source.suggestions.filter(mark__in=marks).exclude(mark__in=known).update(section=target)


def _find(section: Section, client_id: int, first: Id, last: Id) -> tuple[Peer, XmlText, int, int]:
    _seq, updates = load_updates(section.pk)
    span = find_span(updates, first, last)
    if span is None:
        raise InvalidInput(
            _("The words you chose are no longer there. Copy your suggestion, choose others.")
        )
    peer = Peer(client_id, updates)
    text = text_at(peer.body, span.first)
    if text is None or span.first != span.last:
        raise InvalidInput(_("Choose words within one paragraph."))
    if not is_free(text, span.start, span.end):
        raise InvalidInput(_("Something is suggested there already: see Review."))
    return peer, text, span.start, span.end


def _tell(
    section: Section, seq: int, update: bytes, words: int, acting_user: AbstractBaseUser
) -> None:
    announce_update(section, seq, update)
    set_word_counts({section.pk: words})
    announce(section.document_id, "review-changed")
    announce(section.document_id, "outline-changed", by=acting_user.pk)
