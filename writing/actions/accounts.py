"""Accounts of people."""

from collections.abc import Collection

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction

from writing.audit import record
from writing.exceptions import nothing_here
from writing.setup_token import delete_token


def create_administrator(*, username: str, email: str, password: str) -> User:
    """The first account, once; raises NotFound when there is any account already.

    The set-up token is used up by it.
    """
    with transaction.atomic():
        # One row that is always there, locked: of two posts at once the second finds the first's.
        ContentType.objects.select_for_update().get(app_label="auth", model="user")
        if User.objects.exists():
            raise nothing_here()
        user = User.objects.create_superuser(username, email, password)
        record("account.created", actor=user, person=user, details={"superuser": True})
        transaction.on_commit(delete_token)
    return user


def rename_person(user: User, name: str) -> User:
    """How others see them; without a name by the username."""
    user.first_name, user.last_name = " ".join(name.replace("\0", "").split()), ""
    user.save(update_fields=["first_name", "last_name"])
    return user


def end_sessions(user: User, sessions: Collection[UserSession]) -> int:
    """Sign the person out there; what is open there is closed within a second. Gives how many."""
    keys = [each.session_key for each in sessions if each.user_id == user.pk]
    if not keys:
        return 0
    with transaction.atomic():
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
        record("account.sessions_ended", actor=user, person=user, details={"count": len(keys)})
    return len(keys)
