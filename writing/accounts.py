"""How allauth behaves here."""

from typing import Any

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from writing.actions.invitations import accept_invitation
from writing.admission import forget_invitation, invitation_in, remember_leaving
from writing.audit import record
from writing.models import AccountPolicy, Leaving, SignUp


def sign_up_policy() -> SignUp:
    """Who may make an account."""
    chosen = AccountPolicy.objects.filter(pk=1).values_list("sign_up", flat=True).first()
    return SignUp(chosen) if chosen else SignUp.INVITED


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the set-up page, by administrators, and by whom their rule lets."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        match sign_up_policy():
            case SignUp.OPEN:
                return True
            case SignUp.INVITED:
                return invitation_in(request.session) is not None
        return False

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """An account that an invitation opened the door to is in its document from the start."""
        invitation = invitation_in(request.session)
        with transaction.atomic():
            saved: User = super().save_user(request, user, form, commit)
            record("account.created", actor=saved, person=saved)
            if invitation:
                accept_invitation(invitation, acting_user=saved)
        forget_invitation(request.session)
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        super().login(request, user)
        if Leaving.objects.filter(user=user).exists():
            remember_leaving(request.session)

    def set_password(self, user: User, password: str) -> None:
        """By changing it, by setting one, or by the link in a mail."""
        with transaction.atomic():
            super().set_password(user, password)
            record("account.password_changed", actor=user, person=user)


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


class SignupForm(Labelled, forms.SignupForm):  # type: ignore[misc]
    pass
