"""What a browser was let in with beside a password. Its session keeps ids, never tokens."""

import uuid

from django.contrib.sessions.backends.base import SessionBase

from writing.access import Guest
from writing.models import Invitation, ShareLink

INVITATION, LINKS, LEAVING = "invitation", "links", "leaving"


def remember_invitation(session: SessionBase, invitation: Invitation) -> None:
    session[INVITATION] = str(invitation.pk)


def invitation_in(session: SessionBase) -> Invitation | None:
    """The invitation that this browser came with, as long as it is open."""
    pk = session.get(INVITATION)
    if pk is None:
        return None
    found = Invitation.objects.open().filter(pk=pk, document__deleted_at=None)
    return found.select_related("document").first()


def forget_invitation(session: SessionBase) -> None:
    session.pop(INVITATION, None)


def remember_leaving(session: SessionBase) -> None:
    """Whoever signed in has asked for the end of the account, and has to say whether to keep it."""
    session[LEAVING] = True


def is_leaving(session: SessionBase) -> bool:
    return bool(session.get(LEAVING))


def forget_leaving(session: SessionBase) -> None:
    session.pop(LEAVING, None)


def remember_link(session: SessionBase, link: ShareLink) -> None:
    """A link was followed; it opens at once, unless it wants a password."""
    links = session.get(LINKS, {})
    session[LINKS] = {**links, str(link.pk): links.get(str(link.pk)) or not link.password}


def unlock(session: SessionBase, link: ShareLink) -> None:
    session[LINKS] = {**session.get(LINKS, {}), str(link.pk): True}


def is_unlocked(session: SessionBase, link: ShareLink) -> bool:
    return bool(session.get(LINKS, {}).get(str(link.pk)))


def followed_link(session: SessionBase, link_id: uuid.UUID) -> ShareLink | None:
    """The link with this id, if this browser followed it and it is still open."""
    if str(link_id) not in session.get(LINKS, {}):
        return None
    found = ShareLink.objects.open().filter(pk=link_id, document__deleted_at=None)
    return found.select_related("document", "created_by").first()


def guest_in(session: SessionBase) -> Guest | None:
    """As whom a browser comes in which nobody is signed in; None: it opened nothing."""
    opened = [uuid.UUID(pk) for pk, is_open in session.get(LINKS, {}).items() if is_open]
    return Guest(frozenset(opened)) if opened else None
