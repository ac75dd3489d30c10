"""Changing what may be spent."""

from decimal import Decimal

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import money
from agents.actions.runs import retry_run
from agents.exceptions import NothingToDo
from agents.limits import reached_by
from agents.models import Budget, BudgetScope, Limits, PersonLimit, Run
from agents.models.ledger import month_of


def raise_limit(run: Run, limit: Decimal | None, *, acting_user: AbstractBaseUser) -> Run:
    """Set the run's limit (None: no limit) and go on where it stopped; raises NothingToDo and what
    `retry_run` raises."""
    with transaction.atomic():
        own = Budget.objects.select_for_update().get(scope=BudgetScope.RUN, run=run)
        reached = reached_by(run)
        least = own.used + (reached.needed if reached else 0)
        if limit is not None and limit < least:
            raise NothingToDo(
                _("Enter at least %(least)s: so much is used or needed for the next call.")
                % {"least": money.in_words(money.up_to_cent(least))}
            )
        own.limit = limit
        own.save(update_fields=["limit"])
        return retry_run(run, acting_user=acting_user)


def keep_limits() -> None:
    """The budgets of this month follow the limits that administrators changed; in a transaction."""
    limits = Limits.objects.first() or Limits()
    for budget in _of_this_month(BudgetScope.SITE):
        _set(budget, limits.per_site)
    own = {each.user_id: each.limit for each in PersonLimit.objects.all()}
    for budget in _of_this_month(BudgetScope.PERSON):
        _set(budget, own.get(budget.user_id or 0, limits.per_person))


def _of_this_month(scope: BudgetScope) -> QuerySet[Budget]:
    return Budget.objects.filter(scope=scope, month=month_of(timezone.now()))


def _set(budget: Budget, limit: Decimal | None) -> None:
    if budget.limit != limit:
        Budget.objects.filter(pk=budget.pk).update(limit=limit)
