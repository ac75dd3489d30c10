from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from writing.models.documents import Document


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """What is written down stays as it was written."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Entries of the audit log are not changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Entries of the audit log are not deleted.")


class AuditEntry(models.Model):
    """Who did what to rights, secrets, accounts and settings. `event` is a name known to
    `writing.audit`. Accounts and documents are named by their ids, which outlive them."""

    at = models.DateTimeField(_("time"), auto_now_add=True)
    event = models.CharField(_("event"), max_length=50)
    # None: a command, a guest, or nobody who was signed in.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("person"),
    )
    document = models.ForeignKey(
        Document,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("document"),
    )
    # What it was done to, where that is neither: a role's name, an address that was invited.
    target = models.CharField(_("what"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["event", "-at"], name="audit_by_event"),
            models.Index(fields=["actor", "-at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.event} at {self.at}"
