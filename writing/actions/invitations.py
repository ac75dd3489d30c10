"""Inviting people by their email address, whether they have an account or not."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.actions.members import add_member
from writing.audit import record
from writing.exceptions import InvalidInput, nothing_here
from writing.models import Document, Invitation, Member
from writing.tokens import digest, is_token_of, new_token

INVITATION_DAYS = 7


def invite(
    document: Document, *, acting_user: AbstractBaseUser, email: str, role: str
) -> tuple[Invitation, str]:
    """An invitation and its token, which is to be mailed and is kept nowhere; one made earlier for
    the address ends. Raises InvalidInput.

    Nothing depends on whether the address belongs to an account: who invites learns nothing.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput(_("This is not an email address.")) from None
    token = new_token()
    with transaction.atomic():
        Document.objects.select_for_update().only("pk").get(pk=document.pk)
        document.invitations.filter(email=email).delete()
        invitation = Invitation.objects.create(
            document=document,
            email=email,
            role=role,
            token_hash=digest(token),
            invited_by_id=acting_user.pk,
            expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
        )
        _record("invitation.sent", invitation, acting_user)
    return invitation, token


def find_invitation(token: str) -> Invitation:
    """The open invitation with this token; raises NotFound."""
    found = (
        Invitation.objects.open()
        .filter(token_hash=digest(token), document__deleted_at=None)
        .select_related("document", "invited_by")
        .first()
    )
    if found is None or not is_token_of(token, found.token_hash):
        raise nothing_here()
    return found


def accept_invitation(invitation: Invitation, *, acting_user: AbstractBaseUser) -> Member:
    """Once: the invitation is used up. Raises NotFound if it was, or was taken back, meanwhile."""
    with transaction.atomic():
        member = add_member(
            invitation.document,
            acting_user=acting_user,
            user_id=acting_user.pk,
            role=invitation.role,
            added_by_id=invitation.invited_by_id,
        )
        used, _rows = Invitation.objects.open().filter(pk=invitation.pk).delete()
        if not used:
            raise nothing_here()
        _record("invitation.accepted", invitation, acting_user)
    return member


def revoke_invitation(invitation: Invitation, *, acting_user: AbstractBaseUser) -> Invitation:
    with transaction.atomic():
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        _record("invitation.revoked", invitation, acting_user)
    return invitation


def restore_invitation(invitation: Invitation, *, acting_user: AbstractBaseUser) -> Invitation:
    with transaction.atomic():
        invitation.revoked_at = None
        invitation.save(update_fields=["revoked_at"])
        _record("invitation.restored", invitation, acting_user)
    return invitation


def _record(event: str, invitation: Invitation, acting_user: AbstractBaseUser) -> None:
    record(
        event,
        actor=acting_user,
        document=invitation.document_id,
        target=invitation.email,
        details={"role": invitation.role},
    )
