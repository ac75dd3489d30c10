"""Comments that people begin: the server writes their marks, since not everybody may write."""

import uuid

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from writing.actions.review import open_thread
from writing.actions.text import append_update, load_updates, new_client
from writing.announce import announce_update
from writing.exceptions import InvalidInput
from writing.limits import clean_comment
from writing.models import Section, Thread
from writing.text.anchors import find_span, mark_span
from writing.text.peer import Peer
from writing.text.structs import Id

QUOTE_CHARACTERS = 1000


def comment_on(
    section: Section, *, acting_user: AbstractBaseUser, body: str, first: Id, last: Id
) -> Thread:
    """Open a thread on the words from one character to another; raises InvalidInput."""
    body = clean_comment(body)
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=section.pk)
        _seq, updates = load_updates(section.pk)
        span = find_span(updates, first, last)
        if span is None:
            raise InvalidInput(
                _("The words you chose are no longer there. Copy your comment, choose others.")
            )
        thread_id = uuid.uuid4()
        peer = Peer(new_client(section.pk, acting_user.pk), updates)
        quote = mark_span(peer, span, str(thread_id))
        if update := peer.take():
            seq = append_update(section.pk, update, user_id=acting_user.pk)
            announce_update(section, seq, update)
        return open_thread(
            section,
            thread_id=thread_id,
            quote=quote[:QUOTE_CHARACTERS],
            body=body,
            user=acting_user,
        )
