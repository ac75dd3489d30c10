"""Who may make an account."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from writing.admin.audited import Audited
from writing.audit import Detail
from writing.models import AccountPolicy


@admin.register(AccountPolicy)
class AccountPolicyAdmin(Audited, ModelAdmin):
    audited_as = "policy"
    fieldsets = [
        (
            None,
            {
                "fields": ["sign_up"],
                "description": _(
                    "Accounts that exist are not changed by this. Addresses of those who sign up "
                    "are not verified: let everybody in only where anybody who can open the page "
                    "may have an account, and set limits for what a person may spend."
                ),
            },
        ),
    ]

    def audited_details(self, obj: AccountPolicy) -> dict[str, Detail]:
        return {"sign_up": obj.sign_up}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one row: straight to it."""
        policy, _is_new = AccountPolicy.objects.get_or_create(pk=1)
        return redirect("admin:writing_accountpolicy_change", policy.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccountPolicy | None = None) -> bool:
        return False
