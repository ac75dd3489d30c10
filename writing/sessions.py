"""Where a person is signed in, told so that they recognise it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

# The first that is found: most browsers also name those that they resemble.
BROWSERS = [
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet")),
    *(("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome")),
    *(("Chrome", "Chrome"), ("Safari", "Safari")),
]
SYSTEMS = [
    *(("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad")),
    *(("Windows", "Windows"), ("Mac OS", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux")),
]


@dataclass(frozen=True, slots=True)
class SignedIn:
    session: UserSession
    device: str
    is_here: bool


def signed_in(user: User, here: str | None) -> list[SignedIn]:
    """The sessions of the person that hold, the newest first. `here`: the key of the one that
    asks."""
    known = UserSession.objects.filter(user=user).order_by("-created_at")
    by_key = {each.session_key: each for each in known}
    stored = Session.objects.filter(session_key__in=by_key, expire_date__gt=timezone.now())
    alive = {each.session_key for each in stored if _holds(each, user)}
    return [
        SignedIn(session, device_of(session.user_agent), key == here)
        for key, session in by_key.items()
        if key in alive
    ]


def _holds(session: Session, user: User) -> bool:
    """Whether it was begun with the password there is now."""
    kept = session.get_decoded().get(HASH_SESSION_KEY, "")
    return constant_time_compare(kept, user.get_session_auth_hash())


def device_of(user_agent: str) -> str:
    """Browser and system, as far as the browser says."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _first(names: Iterable[tuple[str, str]], user_agent: str) -> str:
    return next((name for sign, name in names if re.search(sign, user_agent)), "")
