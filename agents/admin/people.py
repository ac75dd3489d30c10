"""A person's page in the administration, with what they may spend."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import display

from agents import money
from agents.actions.limits import keep_limits
from agents.admin.limits import this_month, use_of
from agents.models import BudgetScope, Limits, PersonLimit
from writing.admin.people import UserAdmin

admin.site.unregister(User)


class PersonLimitFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    @classmethod
    def get_default_prefix(cls) -> str:
        """Its field has no name on the person's side to take one from."""
        return "limit"


class PersonLimitInline(StackedInline):
    """At most one: without it the limit for everybody holds."""

    model = PersonLimit
    formset = PersonLimitFormSet
    fields = ["limit"]
    extra = 0


@admin.register(User)
class PersonAdmin(UserAdmin):
    inlines = [PersonLimitInline]
    fieldsets = [
        *(UserAdmin.fieldsets or ()),
        (_("What it may cost"), {"fields": ["used_this_month", "limit_of_everybody"]}),
    ]
    readonly_fields = ["used_this_month", "limit_of_everybody"]

    @display(description=_("used this month"))
    def used_this_month(self, person: User) -> str:
        return use_of(this_month().filter(scope=BudgetScope.PERSON, user=person).first())

    @display(description=_("limit of everybody without one of their own"))
    def limit_of_everybody(self, person: User) -> str:
        limit = (Limits.objects.first() or Limits()).per_person
        return gettext("none") if limit is None else money.in_words(limit)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """Only once there is an account."""
        return list(super().get_inlines(request, obj)) if obj else []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A limit that is changed holds at once, for the month that has begun as well."""
        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            keep_limits()
