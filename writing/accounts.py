"""How allauth behaves here."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the set-up page and by administrators; nobody signs up unasked."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class Labelled:
    """A form whose fields say what they want in labels, which stay when something is entered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # type: ignore[attr-defined]
            field.widget.attrs.pop("placeholder", None)


class LoginForm(Labelled, forms.LoginForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or email")


class ChangePasswordForm(Labelled, forms.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(Labelled, forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(Labelled, forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(Labelled, forms.ResetPasswordKeyForm):  # type: ignore[misc]
    pass
