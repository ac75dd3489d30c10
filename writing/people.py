"""How a person is shown to others."""

from typing import TypedDict

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

TONES = 8


class Identity(TypedDict):
    """Who a cursor belongs to; `tone` is a palette colour, 1 to 8."""

    id: int
    name: str
    tone: int


def identity_of(user: AbstractBaseUser) -> Identity:
    name = getattr(user, "get_full_name", lambda: "")() or user.get_username()
    if is_deleted(user):
        name = _("Deleted person")
    return {"id": user.pk, "name": name, "tone": (user.pk + 3) % TONES + 1}


def name_of_deleted(user_id: int) -> str:
    """The username of an account that is gone; nobody signs in with it."""
    return f"deleted-{user_id}"


def is_deleted(user: AbstractBaseUser) -> bool:
    name = f"{user.get_username()}-"
    return not user.is_active and name.startswith(f"{name_of_deleted(user.pk)}-")
