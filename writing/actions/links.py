"""Share links: an address that lets in whoever has it."""

from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from writing.actions.members import add_member
from writing.audit import Detail, record
from writing.exceptions import nothing_here
from writing.models import Document, Member, ShareLink
from writing.tokens import digest, is_token_of, new_token
from writing.tries import count_try

PASSWORD_TRIES = 10
PASSWORD_SECONDS = 600


def create_link(
    document: Document,
    *,
    acting_user: AbstractBaseUser,
    role: str,
    days: int | None = None,
    password: str = "",
) -> tuple[ShareLink, str]:
    """A link and its token, which is shown once and kept nowhere; without `days` it stays open."""
    token = new_token()
    with transaction.atomic():
        link = ShareLink.objects.create(
            document=document,
            role=role,
            token_hash=digest(token),
            password=make_password(password) if password else "",
            created_by_id=acting_user.pk,
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        details = {"days": days} if days else {}
        _record("link.created", link, acting_user, {**details, "password": bool(password)})
    return link, token


def find_link(token: str) -> ShareLink:
    """The open link with this token; raises NotFound."""
    found = (
        ShareLink.objects.open()
        .filter(token_hash=digest(token), document__deleted_at=None)
        .select_related("document")
        .first()
    )
    if found is None or not is_token_of(token, found.token_hash):
        raise nothing_here()
    return found


def is_password_of(link: ShareLink, password: str) -> bool:
    """Raises TooMany after some tries at this link, whoever made them."""
    count_try(f"link {link.pk}", most=PASSWORD_TRIES, seconds=PASSWORD_SECONDS)
    return check_password(password, link.password)


def join_by_link(link: ShareLink, *, acting_user: AbstractBaseUser) -> Member:
    """Whoever joined stays when the link ends: they are listed, and can be taken out."""
    return add_member(
        link.document,
        acting_user=acting_user,
        user_id=acting_user.pk,
        role=link.role,
        added_by_id=link.created_by_id,
        by_link=True,
    )


def revoke_link(link: ShareLink, *, acting_user: AbstractBaseUser) -> ShareLink:
    with transaction.atomic():
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at"])
        _record("link.revoked", link, acting_user)
    return link


def restore_link(link: ShareLink, *, acting_user: AbstractBaseUser) -> ShareLink:
    with transaction.atomic():
        link.revoked_at = None
        link.save(update_fields=["revoked_at"])
        _record("link.restored", link, acting_user)
    return link


def _record(
    event: str,
    link: ShareLink,
    acting_user: AbstractBaseUser,
    details: dict[str, Detail] | None = None,
) -> None:
    record(
        event,
        actor=acting_user,
        document=link.document_id,
        details={"role": link.role, **(details or {})},
    )
