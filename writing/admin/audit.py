"""The audit log: to be read, filtered and taken along, not changed."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from writing.audit import details_in_words, events
from writing.models import AuditEntry
from writing.spreadsheets import csv_response

HEADER = [
    *("time", "event", "by", "by id", "person", "person id"),
    *("document", "document id", "what", "details"),
]


class EventFilter(SimpleListFilter):
    """Every event there is, by the name that people read."""

    title = _("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return sorted(events().items(), key=lambda each: str(each[1]))

    def queryset(self, request: HttpRequest, queryset: Any) -> "QuerySet[AuditEntry]":
        value = self.value()
        return queryset.filter(event=value) if value else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ModelAdmin):
    list_display = ["at", "what_happened", "who", "whom", "document_title", "target", "in_words"]
    list_display_links = None
    list_filter = [EventFilter, "at"]
    list_filter_submit = False
    list_select_related = ["actor", "person", "document"]
    search_fields = ["actor__username", "person__username", "document__title", "target"]
    search_help_text = _("Names of people, titles of documents, addresses")
    date_hierarchy = "at"
    show_full_result_count = False
    list_per_page = 50
    actions = None
    actions_list = ["download"]

    @display(description=_("event"), ordering="event")
    def what_happened(self, entry: AuditEntry) -> str:
        return str(events().get(entry.event, entry.event))

    @display(description=_("by"))
    def who(self, entry: AuditEntry) -> str:
        return _name(entry.actor, entry.actor_id)

    @display(description=_("person"))
    def whom(self, entry: AuditEntry) -> str:
        return _name(entry.person, entry.person_id)

    @display(description=_("document"))
    def document_title(self, entry: AuditEntry) -> str:
        return entry.document.title if entry.document else str(entry.document_id or "–")

    @display(description=_("details"))
    def in_words(self, entry: AuditEntry) -> str:
        return details_in_words(entry)

    @action(description=_("Download as CSV"), url_path="csv", icon="download")
    def download(self, request: HttpRequest) -> HttpResponseBase:
        """What the list shows, all pages of it."""
        changes: ChangeList = self.get_changelist_instance(request)
        found = changes.get_queryset(request).select_related("actor", "person", "document")
        return csv_response("audit.csv", HEADER, _rows(found))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False


def _name(account: Any, account_id: int | None) -> str:
    if account is not None:
        return str(account.get_username())
    return "–" if account_id is None else f"#{account_id}"


def _rows(entries: "QuerySet[AuditEntry]") -> Iterator[list[object]]:
    for entry in entries.iterator(chunk_size=1000):
        yield [
            entry.at.isoformat(),
            entry.event,
            entry.actor.get_username() if entry.actor else "",
            entry.actor_id,
            entry.person.get_username() if entry.person else "",
            entry.person_id,
            entry.document.title if entry.document else "",
            entry.document_id,
            entry.target,
            json.dumps(entry.details, ensure_ascii=False),
        ]
