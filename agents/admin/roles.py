from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agents.actions.roles import save_role
from agents.admin.revisions import Revisions
from agents.models import Role
from writing.admin.audited import Audited


@admin.register(Role)
class RoleAdmin(Audited, Revisions):
    audited_as = "role"
    list_display = ["__str__", "kind", "model", "temperature", "max_tokens", "tone"]
    list_filter = ["kind", "model"]
    list_select_related = ["model__provider"]
    search_fields = ["name", "persona", "instructions"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (None, {"fields": ["name", "slug", "kind", "tone"]}),
        (
            _("Character"),
            {
                "fields": ["persona", "instructions"],
                "description": _("What is changed here takes effect in the next run."),
            },
        ),
        (
            _("Model and limits"),
            {"fields": ["model", "fallback_model", "temperature", "max_tokens"]},
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> list[str]:
        # A stage is of its role's kind; changing it would leave a workflow out of order.
        return ["kind"] if obj and obj.stages.exists() else []

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        save_role(obj)
