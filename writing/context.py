"""What every page may show."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from writing.access import notifications_for


def notifications(request: HttpRequest) -> dict[str, Any]:
    """How many the person has not read; counted only where a template asks."""

    def count() -> int:
        return notifications_for(request.user).unread().filter(in_app=True).count()

    return {"unread_notifications": SimpleLazyObject(count)}
