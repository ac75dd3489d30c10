from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models.batches import Batch
from agents.models.counted import Counted
from agents.models.fields import AmountField
from agents.models.providers import Model, Provider
from agents.models.runs import Attempt, Run
from agents.models.trials import Trial


class Call(Counted):
    """One call to a provider, by an attempt or a trial: its tokens and what they cost.

    With a priced model the row is made before the call, with what it may cost at most as
    `reserved`; that is 0 once the call is settled.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, null=True, related_name="calls")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, null=True, related_name="calls")
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, null=True, related_name="calls")
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="calls")
    prompt_tokens = models.PositiveIntegerField(default=0)
    cached_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    # Counted by us because the provider reported nothing, e.g. when the stream broke.
    estimated = models.BooleanField(default=False)
    cost = models.DecimalField(max_digits=12, decimal_places=6, default=Decimal(0))
    reserved = AmountField(default=Decimal(0))
    # Until the first token and until the end, since the request was sent.
    first_token_seconds = models.FloatField(null=True)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["reserved"], name="call_by_reservation"),
            models.Index(fields=["model", "-created_at"], name="call_by_model"),
            models.Index(fields=["day"], name="call_by_day"),
            models.Index(fields=["document", "day"], name="call_by_document"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(run__isnull=False, attempt__isnull=False, trial=None)
                | models.Q(run=None, attempt=None, trial__isnull=False),
                name="call_is_of_an_attempt_or_a_trial",
            )
        ]

    def __str__(self) -> str:
        return f"{self.prompt_tokens} + {self.completion_tokens} tokens"


@dataclass(frozen=True)
class Spent:
    cost: Decimal
    calls: int


def spent_at(provider: Provider, moment: datetime) -> Spent:
    """What calls to the provider's models have cost in the moment's calendar month, UTC."""
    start = timezone.make_aware(datetime.combine(month_of(moment), time.min), UTC)
    calls = Call.objects.filter(model__provider=provider, created_at__gte=start)
    found = calls.aggregate(cost=models.Sum("cost"), calls=models.Count("pk"))
    return Spent(Decimal(found["cost"] or 0), found["calls"])


class BudgetScope(models.TextChoices):
    RUN = "run", _("Run")
    BATCH = "batch", _("Batch")
    PERSON = "person", _("Person's month")
    SITE = "site", _("Site's month")


def month_of(moment: datetime) -> date:
    """The first day of the calendar month, UTC."""
    return moment.astimezone(timezone.get_default_timezone()).date().replace(day=1)


class Budget(models.Model):
    """What a run, a batch, a person in a month or everybody in a month may spend and has spent."""

    scope = models.CharField(_("scope"), max_length=10, choices=BudgetScope)
    run = models.OneToOneField(Run, on_delete=models.CASCADE, null=True, related_name="budget")
    batch = models.OneToOneField(
        Batch, on_delete=models.CASCADE, null=True, related_name="budget", verbose_name=_("batch")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("person"),
    )
    month = models.DateField(_("month"), null=True)
    # None: no limit.
    limit = AmountField(_("limit"), null=True)
    spent = AmountField(_("spent"), default=Decimal(0))
    reserved = AmountField(_("reserved"), default=Decimal(0))

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "month"],
                condition=models.Q(scope="person"),
                name="one_budget_per_person_and_month",
            ),
            models.UniqueConstraint(
                fields=["month"], condition=models.Q(scope="site"), name="one_budget_per_month"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    scope="run", run__isnull=False, batch=None, user=None, month=None
                )
                | models.Q(scope="batch", run=None, batch__isnull=False, user=None, month=None)
                | models.Q(
                    scope="person", run=None, batch=None, user__isnull=False, month__isnull=False
                )
                | models.Q(scope="site", run=None, batch=None, user=None, month__isnull=False),
                name="budget_is_of_its_scope",
            ),
        ]

    def __str__(self) -> str:
        return self.get_scope_display()

    @property
    def used(self) -> Decimal:
        """Spent, and what calls that are under way may still cost."""
        used: Decimal = self.spent + self.reserved
        return used


class Limits(models.Model):
    """The limits that hold where none of one's own is set; there is one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    per_run = AmountField(
        _("limit of a run"),
        null=True,
        blank=True,
        help_text=_("Authors may set another one for their run. Empty: no limit."),
    )
    per_person = AmountField(
        _("limit of a person and month"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    per_site = AmountField(
        _("limit of everybody together and month"),
        null=True,
        blank=True,
        help_text=_("Empty: no limit."),
    )

    class Meta:
        verbose_name = _("limits")
        verbose_name_plural = _("limits")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_row_of_limits")]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class PersonLimit(models.Model):
    """A limit of one's own."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    limit = AmountField(
        _("limit of a month"), null=True, blank=True, help_text=_("Empty: no limit.")
    )

    class Meta:
        ordering = ["user__username"]
        verbose_name = _("limit of a person")
        verbose_name_plural = _("limits of persons")

    def __str__(self) -> str:
        return str(self.user)
