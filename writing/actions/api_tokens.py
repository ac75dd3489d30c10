"""Tokens with which programs come in their person's name."""

import secrets
import uuid
from collections.abc import Collection
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.audit import Detail, record
from writing.exceptions import InvalidInput, nothing_here
from writing.limits import clean_title
from writing.models import ApiToken, TokenScope
from writing.tokens import digest, is_token_of

# What secret scanners know it by.
MARK = "scr_"
BYTES = 32
PREFIX_CHARACTERS = len(MARK) + 4
TOKENS = 50
USE_NOTED_SECONDS = 60


def create_token(
    acting_user: AbstractBaseUser, *, name: str, scopes: Collection[str], days: int | None = None
) -> tuple[ApiToken, str]:
    """The token's row and the token itself, which is shown once and kept nowhere; without `days`
    it does not expire. Raises InvalidInput."""
    if not scopes:
        raise InvalidInput(_("Choose at least one thing that the token may be used for."))
    if ApiToken.objects.kept().filter(user_id=acting_user.pk).count() >= TOKENS:
        raise InvalidInput(
            _("You have %(limit)s tokens already. Revoke one first.") % {"limit": TOKENS}
        )
    token = MARK + secrets.token_urlsafe(BYTES)
    with transaction.atomic():
        row = ApiToken.objects.create(
            user_id=acting_user.pk,
            name=clean_title(name)[:80],
            token_hash=digest(token),
            prefix=token[:PREFIX_CHARACTERS],
            scopes=[scope for scope in TokenScope.values if scope in scopes],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        _record("token.created", row, acting_user, days=days)
    return row, token


def use_token(token: str) -> ApiToken | None:
    """The row of a token that opens something, with its person; None: it is unknown, revoked,
    expired, or its person is not active."""
    found = (
        ApiToken.objects.alive()
        .filter(token_hash=digest(token))
        .select_related("user")
        .defer("user__password")
        .first()
    )
    if found is None or not is_token_of(token, found.token_hash):
        return None
    now = timezone.now()
    if not found.last_used_at or (now - found.last_used_at).total_seconds() > USE_NOTED_SECONDS:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def get_token(token_id: uuid.UUID, user: AbstractBaseUser, *, revoked: bool = False) -> ApiToken:
    """One of the user's own; raises NotFound."""
    found = ApiToken.objects.filter(
        pk=token_id, user_id=user.pk, revoked_at__isnull=not revoked
    ).first()
    if found is None:
        raise nothing_here()
    return found


def revoke_token(token: ApiToken, *, acting_user: AbstractBaseUser) -> ApiToken:
    """It opens nothing from now on."""
    with transaction.atomic():
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        _record("token.revoked", token, acting_user)
    return token


def restore_token(token: ApiToken, *, acting_user: AbstractBaseUser) -> ApiToken:
    with transaction.atomic():
        token.revoked_at = None
        token.save(update_fields=["revoked_at"])
        _record("token.restored", token, acting_user)
    return token


def _record(
    event: str, token: ApiToken, acting_user: AbstractBaseUser, *, days: int | None = None
) -> None:
    details: dict[str, Detail] = {"scopes": token.scopes, "days": days}
    record(event, actor=acting_user, target=token.name, details=details)
