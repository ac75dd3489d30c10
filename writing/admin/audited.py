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

    def audited_details(self, obj: Any) -> dict[str, Detail]:
        """What holds after the change, where that has to be known and is no secret."""
        return {}

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record("created", request, obj, self.audited_details(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        details = {**details_of(message), **self.audited_details(obj)}
        self._record("changed", request, obj, details)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: "QuerySet[Model] | list[Model]") -> Any:
        for obj in queryset:
            self._record("deleted", request, obj, {})
        return super().log_deletions(request, queryset)  # type: ignore[arg-type]

    def _record(
        self, what: str, request: HttpRequest, obj: Any, details: dict[str, Detail]
    ) -> None:
        record(
            f"{self.audited_as}.{what}",
            actor=request.user,
            details=details,
            **self.audited_target(obj),
        )


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
