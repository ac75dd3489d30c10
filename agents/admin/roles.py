from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from agents.actions.roles import objection_to_retiring, save_role
from agents.admin.exchange import Exchanged
from agents.admin.forms import RoleForm
from agents.admin.keeping import KeepsWhatIsUsed
from agents.admin.revisions import Revisions, administrator
from agents.admin.trying import Tried
from agents.models import Role
from agents.uses import Uses, uses_of_role


@admin.register(Role)
class RoleAdmin(Revisions, Tried, Exchanged, KeepsWhatIsUsed):
    audited_as = "role"
    form = RoleForm
    actions_detail = ["try_it", "revisions"]
    actions = ["export_selected", "take_out_of_use"]
    list_display = ["face_and_name", "kind", "model", "temperature", "max_tokens", "is_active"]
    list_display_links = ["face_and_name"]
    list_filter = ["kind", "is_active", "model"]
    list_select_related = ["model__provider"]
    search_fields = ["name", "name_zh", "persona", "instructions"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["used_by"]
    fieldsets = [
        (None, {"fields": [("name", "slug"), "kind", ("avatar", "tone")]}),
        (
            _("Character"),
            {
                "fields": ["persona", "instructions"],
                "description": _("What is changed here takes effect in the next run."),
            },
        ),
        (
            _("For documents in Chinese"),
            {
                "fields": ["name_zh", "persona_zh", "instructions_zh"],
                "description": _("Empty: the words above are used in Chinese documents too."),
                "classes": ["collapse"],
            },
        ),
        (
            _("Model and limits"),
            {
                "fields": [
                    "model",
                    ("fallback_model", "second_fallback_model"),
                    ("temperature", "max_tokens"),
                ]
            },
        ),
        (_("Use"), {"fields": ["is_active", "used_by"]}),
    ]

    @display(description=_("role"), ordering="name")
    def face_and_name(self, role: Role) -> SafeString:
        return format_html(
            '<span class="agent-face tone-{}" aria-hidden="true">{}</span> {}',
            role.tone,
            role.face,
            role.label,
        )

    @display(description=_("used by"))
    def used_by(self, role: Role) -> str:
        if not role.pk:
            return "–"
        uses = uses_of_role(role)
        links = format_html_join(
            " · ",
            '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
            (
                (reverse("admin:agents_workflow_change", args=[each.pk]), each.label)
                for each in uses.workflows
            ),
        )
        runs = ngettext("%(count)d run", "%(count)d runs", uses.runs) % {"count": uses.runs}
        return format_html("{} · {}", links or gettext("no workflow"), runs)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> list[str]:
        # A stage is of its role's kind; changing it would leave a workflow out of order.
        return ["used_by", "kind"] if obj and obj.stages.exists() else ["used_by"]

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        save_role(obj, acting_user=administrator(request))

    def uses_of(self, obj: Role) -> Uses:
        return uses_of_role(obj)

    def objection_to_retiring(self, obj: Role) -> str | None:
        return objection_to_retiring(obj)
