"""Going back to what a section's text was."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from writing.actions.text import (
    append_update,
    load_updates,
    new_client,
    set_word_counts,
    take_version,
)
from writing.announce import announce, announce_update
from writing.exceptions import InvalidInput
from writing.models import Section, Version
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.versions import restore


def swap_version(section: Section, *, acting_user: AbstractBaseUser) -> Version:
    """Bring the newest version's text back as a new edit; what stood there becomes the newest.

    Doing it again undoes it. Raises InvalidInput without a version, or while agents write here.
    """
    with transaction.atomic():
        section = Section.objects.select_for_update().get(pk=section.pk)
        version = section.versions.first()
        if version is None:
            raise InvalidInput(_("This section has no earlier text."))
        if section.is_worked_on:
            raise InvalidInput(_("Agents are writing here. Stop them first."))
        take_version(section, _("Before going back"), acting_user=acting_user)
        peer = Peer(new_client(section.pk, acting_user.pk), load_updates(section.pk)[1])
        restore(peer, bytes(version.data))
        if update := peer.take():
            seq = append_update(section.pk, update, user_id=acting_user.pk)
            announce_update(section, seq, update)
        set_word_counts({section.pk: count_words(peer.body)})
        announce(section.document_id, "outline-changed", by=acting_user.pk)
    return version
