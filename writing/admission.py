"""What a browser was let in with beside a password. Its session keeps ids, never tokens."""

from django.contrib.sessions.backends.base import SessionBase

from writing.models import Invitation

INVITATION = "invitation"


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
