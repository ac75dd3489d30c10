"""What administrators change here is written down for others as well."""

import json
from typing import Any

from django.contrib.admin.options import ModelAdmin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from writing.audit import Detail, record


class Audited(ModelAdmin):  # type: ignore[type-arg]
    """Each change becomes an entry of the audit log, with the names of the fields, not what was
    entered: that may be a secret. `audited_as`: what the events begin with, as `role`."""

    audited_as: str

    def audited_target(self, obj: Any) -> dict[str, Any]:
        """What the entry says it was done to."""
        return {"target": str(obj)}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(f"{self.audited_as}.created", actor=request.user, **self.audited_target(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(
            f"{self.audited_as}.changed",
            actor=request.user,
            details=details_of(message),
            **self.audited_target(obj),
        )
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: "QuerySet[Model] | list[Model]") -> Any:
        for obj in queryset:
            record(f"{self.audited_as}.deleted", actor=request.user, **self.audited_target(obj))
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]


def details_of(message: Any) -> dict[str, Detail]:
    """The names of the fields in Django's message of a change, in English, those of parts behind
    the name of the part; a message in words as it is."""
    if isinstance(message, str):
        try:
            message = json.loads(message)
        except ValueError:
            return {"how": message}
    fields: list[str] = []
    for each in message:
        for kind, what in each.items():
            part = f"{what['name']} {what['object']}" if "name" in what else ""
            if kind == "changed":
                fields += [f"{part}: {name}" if part else name for name in what["fields"]]
            elif part:
                fields.append(f"{part} {kind}")
    return {"fields": fields}
