"""How a person is shown to others."""

from typing import TypedDict

from django.contrib.auth.models import AbstractBaseUser

TONES = 8


class Identity(TypedDict):
    """Who a cursor belongs to; `tone` is a palette colour, 1 to 8."""

    id: int
    name: str
    tone: int


def identity_of(user: AbstractBaseUser) -> Identity:
    name = getattr(user, "get_full_name", lambda: "")() or user.get_username()
    return {"id": user.pk, "name": name, "tone": (user.pk + 3) % TONES + 1}
