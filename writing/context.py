"""What every page may show."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from writing.access import notifications_for
from writing.accounts import sign_up_policy


def notifications(request: HttpRequest) -> dict[str, Any]:
    """How many the person has not read, and who may make an account; looked up only where a
    template asks."""

    def count() -> int:
        return notifications_for(request.user).unread().filter(in_app=True).count()

    return {
        "unread_notifications": SimpleLazyObject(count),
        "sign_up": SimpleLazyObject(lambda: str(sign_up_policy().value)),
    }
