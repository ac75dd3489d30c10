"""Saying that one has read a section: the server marks what stood there, so that what is written
later is known not to have been read."""

import uuid
from collections.abc import Callable

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from writing.actions.text import append_update, load_updates, new_client
from writing.announce import announce_update
from writing.exceptions import InvalidInput
from writing.models import Reading, Section
from writing.text.peer import Peer
from writing.text.reviewing import mark_read, unmark_read


def review_section(section: Section, *, acting_user: AbstractBaseUser) -> Reading:
    """Raises InvalidInput if there is nothing that nobody has read."""
    reading_id = uuid.uuid4()
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=section.pk)
        seq = section.last_seq
        if not _mark(section, acting_user, lambda peer: mark_read(peer, str(reading_id))):
            raise InvalidInput(_("There is nothing here that nobody has reviewed."))
        return Reading.objects.create(
            pk=reading_id, section=section, user_id=acting_user.pk, seq=seq
        )


def take_back_review(reading: Reading, *, acting_user: AbstractBaseUser) -> None:
    """What was marked with it counts as unread again, as far as it still stands."""
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=reading.section_id)
        _mark(section, acting_user, lambda peer: unmark_read(peer, str(reading.pk)))
        reading.delete()


def _mark(section: Section, user: AbstractBaseUser, change: Callable[[Peer], None]) -> bool:
    """Whether that changed anything. In a transaction that holds the section's row."""
    _seq, updates = load_updates(section.pk)
    peer = Peer(new_client(section.pk, user.pk), updates)
    change(peer)
    update = peer.take()
    if update is None:
        return False
    seq = append_update(section.pk, update, user_id=user.pk)
    announce_update(section, seq, update)
    return True
