"""What is kept encrypted in the database, under a key derived from SECRET_KEY."""

import base64
import hashlib

from cryptography.fernet import Fernet
from django.conf import settings


def fernet() -> Fernet:
    digest = hashlib.sha256(b"scriptorium.encrypted-field" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
