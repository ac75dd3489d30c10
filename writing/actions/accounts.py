"""Accounts of people."""

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
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
