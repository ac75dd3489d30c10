from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from agents.models import Run, RunState, Step


class StepInline(TabularInline):
    model = Step
    extra = 0
    can_delete = False
    fields = ["section", "kind", "role", "state", "attempt_number", "problem", "notice"]
    readonly_fields = fields
    tab = True

    def has_add_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False


@admin.register(Run)
class RunAdmin(ModelAdmin):
    """Runs are history: to be read, not changed."""

    inlines = [StepInline]
    list_display = ["document", "purpose", "workflow", "coloured_state", "created_by", "created_at"]
    list_filter = ["state", "purpose", "workflow"]
    list_select_related = ["document", "workflow", "created_by"]
    search_fields = ["document__title"]
    date_hierarchy = "created_at"
    fields = [
        "document",
        "purpose",
        "workflow",
        "state",
        "instruction",
        "section_count",
        "created_by",
        "created_at",
        "finished_at",
    ]
    readonly_fields = fields

    @display(
        description=_("state"),
        ordering="state",
        label={
            RunState.RUNNING: "info",
            RunState.FINISHED: "success",
            RunState.PARTLY_FINISHED: "warning",
            RunState.FAILED: "danger",
        },
    )
    def coloured_state(self, run: Run) -> tuple[str, str]:
        return run.state, run.get_state_display()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        return False
