"""Whether the site is well, in plain words, and what to do where it is not."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from unfold.admin import ModelAdmin

from agents.health import checks
from agents.workload import workload
from writing.models import Heartbeat


@admin.register(Heartbeat)
class HealthAdmin(ModelAdmin):
    """One page in place of a list: single heartbeats tell nobody anything. All staff may look."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.health))
        return [path("", view, name="writing_heartbeat_changelist")]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        return False

    def health(self, request: HttpRequest) -> HttpResponse:
        found = checks()
        well = {check.name for check in found if check.is_well}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Health"),
            "opts": self.opts,
            "checks": found,
            "is_well": len(well) == len(found),
            "work": workload() if {"database", "migrations"} <= well else None,
            "now": timezone.now(),
        }
        return render(request, "admin/agents/health.html", context)
