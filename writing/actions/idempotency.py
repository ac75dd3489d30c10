"""Doing once what is asked for again."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.exceptions import InvalidInput
from writing.models import KeptAnswer

KEPT = timedelta(hours=24)


class KeyReused(InvalidInput):
    """An idempotency key came with another request."""


def answer_once(
    acting_user: AbstractBaseUser, *, key: str, request_hash: str, make: Callable[[], str]
) -> tuple[str, bool]:
    """What `make` answers, or answered when this key first came; and whether it is that earlier
    answer. Raises KeyReused if the key came with another request.

    The key's row is written in the transaction in which `make` works. So of requests at once one
    works while the others wait for it, and what fails or dies on the way leaves neither an effect
    nor a key: it may be sent again.
    """
    mine = KeptAnswer.objects.filter(user_id=acting_user.pk, key=key)
    with transaction.atomic():
        mine.filter(created_at__lte=timezone.now() - KEPT).delete()
        try:
            with transaction.atomic():
                kept = KeptAnswer.objects.create(
                    user_id=acting_user.pk, key=key, request_hash=request_hash
                )
        except IntegrityError:
            kept = mine.get()
            if kept.request_hash != request_hash:
                raise KeyReused(
                    _("This idempotency key came with another request. Use a new one.")
                ) from None
            return kept.answer, True
        kept.answer = make()
        kept.save(update_fields=["answer"])
    return kept.answer, False


def forget_answers() -> int:
    """Delete what is older than a day; gives how many."""
    old = KeptAnswer.objects.filter(created_at__lte=timezone.now() - KEPT)
    count, _by_model = old.delete()
    return count
