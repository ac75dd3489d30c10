"""How allauth's second step of signing in behaves here: codes of an app, passkeys, spare codes."""

import base64
import secrets
from typing import Any

from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as DefaultActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from cryptography.fernet import InvalidToken
from django import forms
from django.contrib.auth.models import AbstractBaseUser, User
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writing.audit import record
from writing.sealing import fernet

PASSKEY_NAME_CHARACTERS = 100


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        sealed: str = fernet().encrypt(text.encode()).decode()
        return sealed

    def decrypt(self, encrypted_text: str) -> str:
        """With another SECRET_KEY than it was kept with it is lost: nobody's code fits any more."""
        try:
            return fernet().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: str) -> str:  # noqa: A002
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def _get_site_name(self) -> str:
        return "Scriptorium"


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Whether signing in takes more than the password; recovery codes alone do not count."""
    found: bool = (
        Authenticator.objects.filter(user_id=user.pk)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .exists()
    )
    return found


def remove_second_factor(user: AbstractBaseUser, *, acting_user: AbstractBaseUser | None) -> int:
    """For who lost their device: from now on the password is enough. Gives how many were removed;
    `acting_user`: None for a command."""
    removed: int = Authenticator.objects.filter(user_id=user.pk).delete()[0]
    if removed:
        record("account.mfa_reset", actor=acting_user, person=user)
    return removed


class CodeField:
    """A form whose code says in its label what is meant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]  # type: ignore[attr-defined]
        code.label = _("Code")
        code.widget.attrs.pop("placeholder", None)
        code.widget.attrs |= {"inputmode": "numeric", "autofocus": True}


class AuthenticateForm(CodeField, base_forms.AuthenticateForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(CodeField, base_forms.ReauthenticateForm):  # type: ignore[misc]
    pass


class ActivateTOTPForm(CodeField, DefaultActivateTOTPForm):  # type: ignore[misc]
    pass


class AddPasskeyForm(webauthn_forms.AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=PASSKEY_NAME_CHARACTERS
    )
    passwordless = forms.BooleanField(
        label=gettext_lazy("Sign in with it alone, without the password"),
        required=False,
        initial=True,
    )


class RenamePasskeyForm(webauthn_forms.EditWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(label=gettext_lazy("Name"), max_length=PASSKEY_NAME_CHARACTERS)


@receiver(signals.authenticator_added)
def _added(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _record("account.mfa_added", user, authenticator)


@receiver(signals.authenticator_removed)
def _removed(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _record("account.mfa_removed", user, authenticator)


@receiver(signals.authenticator_reset)
def _reset(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    _record("account.mfa_renewed", user, authenticator)


def _record(event: str, user: User, authenticator: Authenticator) -> None:
    record(event, actor=user, person=user, details={"how": str(authenticator.type)})
