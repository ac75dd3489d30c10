"""A text field that is encrypted in the database."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import models


def _fernet() -> Fernet:
    digest = hashlib.sha256(b"scriptorium.encrypted-field" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """Text kept with Fernet under a key derived from SECRET_KEY.

    Reads as "" when SECRET_KEY has changed: the secret then has to be entered again.
    """

    def get_prep_value(self, value: Any) -> Any:
        return _fernet().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        try:
            return _fernet().decrypt(value.encode()).decode() if value else ""
        except InvalidToken:
            return ""
