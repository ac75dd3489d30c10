"""What history names is not deleted: the page says why, and how to take it out of use instead."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from agents.uses import Uses
from writing.admin.audited import Audited


class KeepsWhatIsUsed(Audited, ModelAdmin):
    """For models with `is_active`."""

    delete_confirmation_template = "admin/agents/delete_confirmation.html"
    delete_selected_confirmation_template = "admin/agents/delete_selected_confirmation.html"

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        refused = [f"{obj}: {reason}" for obj in objs for reason in self.uses_of(obj).reasons]
        if refused:
            return [], {}, set(), refused
        return super().get_deleted_objects(objs, request)

    @admin.action(description=_("Take out of use"), permissions=["change"])
    def take_out_of_use(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        taken = 0
        for obj in queryset.filter(is_active=True):
            if objection := self.objection_to_retiring(obj):
                self.message_user(request, objection, messages.ERROR)
                continue
            queryset.filter(pk=obj.pk).update(is_active=False)
            self.log_change(request, obj, str(_("Taken out of use.")))
            taken += 1
        if taken:
            self.message_user(
                request,
                ngettext(
                    "%(count)d is out of use. Its page puts it back.",
                    "%(count)d are out of use. Their pages put them back.",
                    taken,
                )
                % {"count": taken},
                messages.SUCCESS,
            )

    def uses_of(self, obj: Any) -> Uses:
        raise NotImplementedError

    def objection_to_retiring(self, obj: Any) -> str | None:
        """Why it has to stay in use; None if it need not."""
        raise NotImplementedError
