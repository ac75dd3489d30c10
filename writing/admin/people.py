"""People in the administration, in the same dress as everything else there."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from writing.admin.audited import Audited
from writing.audit import Detail
from writing.second_factor import remove_second_factor

admin.site.unregister(User)
admin.site.unregister(Group)
# A person's own business: what an administrator does about it is on the person's page.
admin.site.unregister(Authenticator)
admin.site.unregister(UserSession)


@admin.register(User)
class UserAdmin(Audited, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    audited_as = "account"
    actions_detail = ["second_step"]

    def audited_target(self, obj: User) -> dict[str, Any]:
        return {"person": obj}

    def audited_details(self, obj: User) -> dict[str, Detail]:
        return {
            "staff": obj.is_staff,
            "superuser": obj.is_superuser,
            "active": obj.is_active,
            "groups": list(obj.groups.values_list("name", flat=True)),
        }

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
