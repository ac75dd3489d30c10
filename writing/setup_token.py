"""The one-time token of the set-up link, in a file that only this machine's user can read."""

import os
import secrets
from pathlib import Path

from django.conf import settings


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup_token"


def read_token() -> str | None:
    try:
        return _path().read_text() or None
    except FileNotFoundError:
        return None


def ensure_token() -> str:
    """The token, made now if there is none; whoever makes it first wins."""
    token = secrets.token_urlsafe(24)
    try:
        descriptor = os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _path().read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(token)
    return token


def delete_token() -> None:
    _path().unlink(missing_ok=True)
