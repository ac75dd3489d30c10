"""Secrets that open something by a link: made once, shown once, known to us by their hash alone."""

import hashlib
import secrets

BYTES = 24


def new_token() -> str:
    return secrets.token_urlsafe(BYTES)


def digest(token: str) -> str:
    """What is kept of it. No salt: nobody guesses what has so many random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token_of(token: str, kept: str) -> bool:
    """Whether `kept` is the hash of `token`; as slow where it is not as where it is."""
    return secrets.compare_digest(digest(token), kept)
