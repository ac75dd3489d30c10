"""The language in which what agents report is said."""

from django.conf import settings
from django.utils.translation import get_language


def is_chinese() -> bool:
    """Whether the interface is in Chinese just now."""
    return (get_language() or "").startswith("zh")


def interface_language() -> str:
    """The language of who is starting a run; the default where translation is switched off."""
    return get_language() or settings.LANGUAGE_CODE
