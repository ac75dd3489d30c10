"""What may be spent, and beside it what is."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from agents import money
from agents.actions.limits import keep_limits
from agents.models import Budget, BudgetScope, Limits, PersonLimit
from agents.models.ledger import month_of
from writing.admin.audited import Audited


def use_of(budget: Budget | None) -> str:
    """Spent, and what calls under way have reserved."""
    if budget is None:
        return money.in_words(Budget().spent)
    if not budget.reserved:
        return money.in_words(budget.spent)
    return gettext("%(spent)s, and %(reserved)s reserved") % {
        "spent": money.in_words(budget.spent),
        "reserved": money.in_words(budget.reserved),
    }


def this_month() -> QuerySet[Budget]:
    return Budget.objects.filter(month=month_of(timezone.now()))


class KeepsLimits(Audited, ModelAdmin):
    """What is changed here holds at once, for the month that has begun as well."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            keep_limits()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            keep_limits()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            keep_limits()


@admin.register(Limits)
class LimitsAdmin(KeepsLimits):
    audited_as = "limits"
    fieldsets = [
        (
            None,
            {
                "fields": ["per_run", ("per_person", "persons_use"), ("per_site", "site_use")],
                "description": _(
                    "Before each call its largest possible cost is reserved; where that would "
                    "exceed a limit, the run stops and keeps what is written. Months are calendar "
                    "months, UTC. Free models are not limited."
                ),
            },
        ),
    ]
    readonly_fields = ["persons_use", "site_use"]

    @display(description=_("most used by a person this month"))
    def persons_use(self, limits: Limits) -> str:
        persons = this_month().filter(scope=BudgetScope.PERSON).select_related("user")
        most = max(persons, key=lambda budget: budget.used, default=None)
        return f"{most.user}: {use_of(most)}" if most else use_of(None)

    @display(description=_("used this month"))
    def site_use(self, limits: Limits) -> str:
        return use_of(this_month().filter(scope=BudgetScope.SITE).first())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one row: straight to it."""
        limits, _is_new = Limits.objects.get_or_create(pk=1)
        return redirect("admin:agents_limits_change", limits.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Limits | None = None) -> bool:
        return False


@admin.register(PersonLimit)
class PersonLimitAdmin(KeepsLimits):
    audited_as = "limits"
    fields = ["user", "limit"]
    list_display = ["user", "limit_in_words", "use"]
    list_select_related = ["user"]
    search_fields = ["user__username", "user__email"]

    def audited_target(self, obj: PersonLimit) -> dict[str, Any]:
        return {"person": obj.user_id}

    @display(description=_("limit of a month"), ordering="limit")
    def limit_in_words(self, own: PersonLimit) -> str:
        return gettext("none") if own.limit is None else money.in_words(own.limit)

    @display(description=_("used this month"))
    def use(self, own: PersonLimit) -> str:
        return use_of(this_month().filter(scope=BudgetScope.PERSON, user=own.user).first())


@admin.register(Budget)
class BudgetAdmin(ModelAdmin):
    """Who has spent how much; to be read, not changed."""

    list_display = ["whose", "month", "limit_in_words", "use"]
    list_filter = ["scope", "month"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
    ordering = ["-month", "scope", "-spent"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Budget]:
        return super().get_queryset(request).exclude(scope=BudgetScope.RUN)

    @display(description=_("whose"))
    def whose(self, budget: Budget) -> str:
        return str(budget.user or budget.get_scope_display())

    @display(description=_("limit"), ordering="limit")
    def limit_in_words(self, budget: Budget) -> str:
        return gettext("none") if budget.limit is None else money.in_words(budget.limit)

    @display(description=_("used"), ordering="spent")
    def use(self, budget: Budget) -> str:
        return use_of(budget)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        return False
