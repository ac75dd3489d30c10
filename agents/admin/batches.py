from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from agents.admin.limits import use_of
from agents.models import Batch, BatchState, RowState


@admin.register(Batch)
class BatchAdmin(ModelAdmin):
    """What runs in the background, for whom, and what it costs. The briefs are their owner's."""

    list_display = ["name", "owner", "workflow", "coloured_state", "drafted", "used", "created_at"]
    list_filter = ["state", "repeats", "workflow"]
    list_select_related = ["owner", "workflow", "budget"]
    search_fields = ["name", "owner__username"]
    date_hierarchy = "created_at"
    fields = [
        "name",
        "owner",
        "workflow",
        "state",
        "concurrency",
        "drafted",
        "used",
        "starts_at",
        "repeats",
        "created_at",
        "started_at",
        "ended_at",
    ]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        finished = Count("rows", filter=Q(rows__state=RowState.FINISHED))
        counted: QuerySet[Batch] = (
            super().get_queryset(request).annotate(finished=finished, total=Count("rows"))
        )
        return counted

    @display(
        description=_("state"),
        ordering="state",
        label={
            BatchState.RUNNING: "info",
            BatchState.ENDED: "success",
            BatchState.PAUSED: "warning",
        },
    )
    def coloured_state(self, batch: Batch) -> tuple[str, str]:
        return batch.state, batch.get_state_display()

    @display(description=_("documents finished"))
    def drafted(self, batch: Batch) -> str:
        return f"{batch.finished} / {batch.total}"  # type: ignore[attr-defined]

    @display(description=_("used"))
    def used(self, batch: Batch) -> str:
        return use_of(batch.budget)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Batch | None = None) -> bool:
        return False
