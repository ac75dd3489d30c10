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
