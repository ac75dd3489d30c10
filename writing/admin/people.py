"""People in the administration, in the same dress as everything else there."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from writing.actions import leaving
from writing.admin.audited import Audited
from writing.audit import Detail
from writing.exceptions import WritingError
from writing.second_factor import remove_second_factor

admin.site.unregister(User)
admin.site.unregister(Group)
# A person's own business: what an administrator does about it is on the person's page.
admin.site.unregister(Authenticator)
admin.site.unregister(UserSession)


class HeirForm(forms.Form):
    heir = forms.CharField(
        label=gettext_lazy("Username of who is to own their documents"),
        required=False,
        help_text=gettext_lazy("Empty: documents that nobody else owns are deleted, for good."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def clean_heir(self) -> User | None:
        name: str = self.cleaned_data["heir"]
        found = User.objects.filter(username=name, is_active=True).first()
        if name and found is None:
            raise ValidationError(_("Nobody was found under this name."))
        return found


@admin.register(User)
class UserAdmin(Audited, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    audited_as = "account"
    actions_detail = ["second_step", "delete_account"]

    def audited_target(self, obj: User) -> dict[str, Any]:
        return {"person": obj}

    def audited_details(self, obj: User) -> dict[str, Detail]:
        return {
            "staff": obj.is_staff,
            "superuser": obj.is_superuser,
            "active": obj.is_active,
            "groups": list(obj.groups.values_list("name", flat=True)),
        }

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Texts refer to accounts: `delete_account` leaves them a row without a name."""
        return False

    def has_delete_account_permission(
        self, request: HttpRequest, object_id: str | None = None
    ) -> bool:
        return bool(request.user.has_perm("auth.delete_user"))

    @action(
        description=gettext_lazy("Delete the account"),
        url_path="delete-account",
        permissions=["delete_account"],
        icon="person_remove",
    )
    def delete_account(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = get_object_or_404(User, pk=object_id)
        form = HeirForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                leaving.delete_for(
                    person,
                    heir=form.cleaned_data["heir"],
                    acting_user=request.user,  # type: ignore[arg-type]
                )
            except WritingError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The account is deleted."))
                return redirect("admin:auth_user_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Delete the account of %(person)s") % {"person": person},
            "opts": self.opts,
            "person": person,
            "form": form,
            "alone": leaving.documents_owned_alone(person).count(),
        }
        return render(request, "admin/writing/delete_account.html", context)

    @action(
        description=gettext_lazy("Second step"),
        url_path="second-step",
        permissions=["change"],
        icon="phonelink_lock",
    )
    def second_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For who lost their device: remove it, after asking."""
        person = get_object_or_404(User, pk=object_id)
        if request.method == "POST":
            remove_second_factor(person, acting_user=request.user)  # type: ignore[arg-type]
            messages.success(request, _("From now on the password is enough to sign in."))
            return redirect("admin:auth_user_change", person.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Second step of signing in of %(person)s") % {"person": person},
            "opts": self.opts,
            "person": person,
            "factors": Authenticator.objects.filter(user=person).order_by("created_at"),
        }
        return render(request, "admin/writing/second_step.html", context)


@admin.register(Group)
class GroupAdmin(Audited, DjangoGroupAdmin, ModelAdmin):
    audited_as = "group"
