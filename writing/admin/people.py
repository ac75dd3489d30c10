"""People in the administration, in the same dress as everything else there."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from writing.admin.audited import Audited, details_of
from writing.audit import record

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(Audited, DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    audited_as = "account"

    def audited_target(self, obj: User) -> dict[str, Any]:
        return {"person": obj, "target": obj.get_username()}

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> Any:
        """Beside which fields changed, what the person may do now."""
        rights = {"staff": obj.is_staff, "superuser": obj.is_superuser, "active": obj.is_active}
        record(
            "account.changed",
            actor=request.user,
            details={
                **details_of(message),
                **rights,
                "groups": list(obj.groups.values_list("name", flat=True)),
            },
            **self.audited_target(obj),
        )
        return super(Audited, self).log_change(request, obj, message)


@admin.register(Group)
class GroupAdmin(Audited, DjangoGroupAdmin, ModelAdmin):
    audited_as = "group"
