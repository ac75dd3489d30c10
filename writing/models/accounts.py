from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SignUp(models.TextChoices):
    """Who may make an account for themselves."""

    OPEN = "open", _("Everybody")
    INVITED = "invited", _("Who was invited to a document")
    CLOSED = "closed", _("Nobody: administrators make accounts")


class AccountPolicy(models.Model):
    """One row, with the key 1; without it the defaults hold."""

    sign_up = models.CharField(
        _("who may make an account"), max_length=10, choices=SignUp, default=SignUp.INVITED
    )

    class Meta:
        verbose_name = _("rule for accounts")
        verbose_name_plural = _("rules for accounts")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_policy_for_accounts")
        ]

    def __str__(self) -> str:
        return str(_("Accounts"))


class Leaving(models.Model):
    """Somebody asked for the end of their account; until it is due they can keep it.

    `heirs`: who owns a document afterwards, by its id; documents that are not in it are deleted
    where nobody else owns them.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leaving"
    )
    heirs = models.JSONField(default=dict)
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.user} leaves at {self.due_at}"
