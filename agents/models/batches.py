import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agents.models.runs import Run
from agents.models.workflows import Workflow
from writing.models import Document, Kind, Language

MOST_AT_ONCE = 100
USUAL_AT_ONCE = 4
NAME_CHARACTERS = 200
FILE_NAME_CHARACTERS = 255


class BatchState(models.TextChoices):
    WAITING = "waiting", _("Waiting")  # for its time
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    CANCELLED = "cancelled", _("Cancelled")
    ENDED = "ended", _("Ended")


class PausedBy(models.TextChoices):
    PERSON = "person", _("A person")
    LIMIT = "limit", _("A limit")
    FAILURES = "failures", _("Failures")


class Repeats(models.TextChoices):
    NEVER = "never", _("Once")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class RowState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    # What is under way is finished, and the rest goes on together with the batch.
    PAUSED = "paused", _("Paused")
    FINISHED = "finished", _("Finished")
    PARTLY_FINISHED = "partly_finished", _("Partly finished")
    FAILED = "failed", _("Failed")
    STOPPED = "stopped", _("Stopped")


# Rows that nobody works on any more, and that may be tried again.
UNDONE = (RowState.PARTLY_FINISHED, RowState.FAILED, RowState.STOPPED)


class BatchQuerySet(models.QuerySet["Batch"]):
    def at_work(self) -> "BatchQuerySet":
        """Those that have something to do now, or whose time has come. Nobody works for an account
        that is closed."""
        due = Q(state=BatchState.WAITING, starts_at__lte=timezone.now())
        return self.filter(due | Q(state=BatchState.RUNNING), owner__is_active=True)


class Batch(models.Model):
    """Many documents, each drafted from its brief while nobody waits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="batches",
        verbose_name=_("owner"),
    )
    name = models.CharField(_("name"), max_length=NAME_CHARACTERS)
    # Where the briefs came from; "" if nobody sent a file.
    file_name = models.CharField(_("file"), max_length=FILE_NAME_CHARACTERS, blank=True)
    workflow = models.ForeignKey(
        Workflow, on_delete=models.PROTECT, related_name="batches", verbose_name=_("workflow")
    )
    concurrency = models.PositiveSmallIntegerField(
        _("documents at once"),
        default=USUAL_AT_ONCE,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_ONCE)],
    )
    state = models.CharField(
        _("state"), max_length=10, choices=BatchState, default=BatchState.WAITING
    )
    paused_by = models.CharField(max_length=10, choices=PausedBy, blank=True)
    # Which limit paused it: see `agents.budget.Reached`.
    limit_reached = models.JSONField(default=dict, blank=True)
    # What it was expected to take and to cost: see `agents.batch_estimate`.
    estimate = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField(_("starts"), default=timezone.now)
    repeats = models.CharField(_("repeats"), max_length=10, choices=Repeats, default=Repeats.NEVER)
    # The start of the first of a series: the 31st stays the 31st after a shorter month.
    series_from = models.DateTimeField(null=True, blank=True)
    # Whose next occurrence it is; each has one at most, whoever makes it.
    repeat_of = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="next"
    )
    # The language of the interface of its owner: what agents report is said in it.
    locale = models.CharField(max_length=10, default=settings.LANGUAGE_CODE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    # Since when it has been going on without a break: only failures since then count together.
    resumed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        indexes = [models.Index(fields=["state", "starts_at"], name="batch_by_start")]
        constraints = [
            models.CheckConstraint(
                condition=Q(concurrency__range=(1, MOST_AT_ONCE)), name="documents_at_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """It goes on, or may be made to go on by resuming it."""
        return self.state in (BatchState.WAITING, BatchState.RUNNING, BatchState.PAUSED)


class BatchRow(models.Model):
    """One brief of a batch, and the document that is made from it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=200)
    brief = models.TextField(_("brief"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.ARTICLE)
    language = models.CharField(
        _("language"), max_length=10, choices=Language, default=Language.ENGLISH
    )
    target_words = models.PositiveIntegerField(_("length in words"), default=1000)
    state = models.CharField(_("state"), max_length=20, choices=RowState, default=RowState.WAITING)
    # What went wrong and what to do, in the reader's words.
    problem = models.TextField(_("problem"), blank=True)
    document = models.OneToOneField(
        Document, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_row"
    )
    run = models.OneToOneField(
        Run, on_delete=models.SET_NULL, null=True, blank=True, related_name="batch_row"
    )
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["number"]
        verbose_name = _("document of a batch")
        verbose_name_plural = _("documents of batches")
        indexes = [models.Index(fields=["batch", "state", "number"], name="batch_row_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_row_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"
