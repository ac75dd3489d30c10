"""What usage is counted by, kept on each row: a page of figures sums up very many of them."""

from datetime import date
from typing import TypedDict

from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.models.roles import Role
from writing.models import Document


def today() -> date:
    """The day by UTC, which all of usage is counted in."""
    return timezone.now().date()


class Counted(models.Model):
    """A row that counts for a day, a document, a person and a role, as far as it has them.

    The person is who asked for the work; None when their account is gone.
    """

    day = models.DateField(default=today)
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    role = models.ForeignKey(
        Role, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class CountsFor(TypedDict):
    """The fields that say whom a row counts for."""

    document_id: object
    user_id: int | None
    role_id: int | None
