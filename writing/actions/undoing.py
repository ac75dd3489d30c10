"""Undoing what some updates of a section's log did, as a new edit."""

import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from writing.actions.text import (
    append_update,
    entries_after,
    load_updates,
    new_client,
    set_word_counts,
)
from writing.actions.versions import take_version
from writing.announce import announce, announce_update
from writing.exceptions import InvalidInput
from writing.models import Section
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.share import shares_of
from writing.text.undoing import Undone, undo

# Larger than any that is given out: it writes only what is thrown away.
NOBODYS = range(2**40, 2**41)


@dataclass(frozen=True, slots=True)
class Undoing:
    """An update (Yjs v1) that undoes, worked out for the text up to `seq`; None if nothing is left
    to be undone. `words` is what the text comes to."""

    update: bytes | None
    seq: int
    undone: Undone
    words: int


def preview_undoing(
    section: Section, *, attempt: uuid.UUID | None = None, seqs: Collection[int] = ()
) -> Undone:
    """How many words would go and come back."""
    return _work_out(section, secrets.choice(NOBODYS), attempt, seqs).undone


def work_out_undoing(
    section: Section,
    *,
    acting_user: AbstractBaseUser,
    attempt: uuid.UUID | None = None,
    seqs: Collection[int] = (),
) -> Undoing:
    """What undoes the updates with these numbers, or else all of the attempt's; where an attempt is
    named, its mark tells what else it wrote. Takes long in a long section: not to be called in a
    transaction. Raises InvalidInput if the attempt wrote no text."""
    return _work_out(section, new_client(section.pk, acting_user.pk), attempt, seqs)


def _work_out(
    section: Section, client_id: int, attempt: uuid.UUID | None, seqs: Collection[int]
) -> Undoing:
    log = entries_after(section.pk, 0)
    own = set(seqs) or {entry.seq for entry in log if entry.attempt == attempt}
    if not own:
        raise InvalidInput(_("This attempt wrote no text."))
    open_threads = section.threads.filter(resolved_at=None).values_list("pk", flat=True)
    seq, updates = load_updates(section.pk)
    peer = Peer(client_id, updates)
    undone = undo(peer, shares_of(log, own, attempt), threads=set(map(str, open_threads)))
    return Undoing(peer.take(), seq, undone, count_words(peer.body))


def is_current(section: Section, undoing: Undoing) -> bool:
    """Whether nothing was written since it was worked out. Holds the section's row: to be called in
    a transaction. Raises InvalidInput while agents write there."""
    section = Section.objects.select_for_update().get(pk=section.pk)
    if section.is_worked_on:
        raise InvalidInput(_("Agents are writing here. Stop them first."))
    return section.last_seq == undoing.seq


def save_undoing(
    section: Section, undoing: Undoing, reason: str, *, acting_user: AbstractBaseUser
) -> int:
    """Append it to the log, behind a version of the text as it is; gives its number.

    To be called in the transaction of `is_current`. What was typed since it was worked out stays.
    Raises InvalidInput if nothing is left to be undone.
    """
    if undoing.update is None:
        raise InvalidInput(_("Nothing of it is left in the text."))
    take_version(section, reason, acting_user=acting_user)
    seq = append_update(section.pk, undoing.update, user_id=acting_user.pk)
    announce_update(section, seq, undoing.update)
    set_word_counts({section.pk: undoing.words})
    announce(section.document_id, "outline-changed", by=acting_user.pk)
    return seq
