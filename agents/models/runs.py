import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models.counted import Counted, CountsFor
from agents.models.providers import Model, Provider
from agents.models.roles import Role, RoleRevision
from agents.models.workflows import Output, Stage, StageKind, Workflow
from writing.models import Comment, Document, Section


class RunPurpose(models.TextChoices):
    PLAN = "plan", _("Outline")
    DRAFT = "draft", _("Draft")
    FULL = "full", _("Outline and draft")
    ANSWER = "answer", _("Answer in a thread")


class RunState(models.TextChoices):
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    PARTLY_FINISHED = "partly_finished", _("Partly finished")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class RunPriority(models.TextChoices):
    """Also the names of the queues."""

    INTERACTIVE = "interactive", _("Somebody is waiting")
    BATCH = "batch", _("In the background")


class StoppedBy(models.TextChoices):
    PERSON = "person", _("A person")
    LIMIT = "limit", _("A limit")


class Run(models.Model):
    """One execution of a workflow on a document."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(
        Document, on_delete=models.CASCADE, related_name="runs", verbose_name=_("document")
    )
    workflow = models.ForeignKey(
        Workflow,
        on_delete=models.PROTECT,
        null=True,
        related_name="runs",
        verbose_name=_("workflow"),
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=RunPurpose)
    state = models.CharField(_("state"), max_length=20, choices=RunState, default=RunState.RUNNING)
    priority = models.CharField(
        _("priority"), max_length=20, choices=RunPriority, default=RunPriority.INTERACTIVE
    )
    stopped_by = models.CharField(max_length=10, choices=StoppedBy, blank=True)
    # Which limit stopped it: see `agents.budget.Reached`.
    limit_reached = models.JSONField(default=dict, blank=True)
    # What it was expected to take and to cost: see `agents.estimate`.
    estimate = models.JSONField(default=dict, blank=True)
    # What the author asks for beyond the brief, e.g. when a section is drafted again.
    instruction = models.TextField(_("instruction"), blank=True)
    # Which batch it drafts a document of, if any; that pays for it too.
    batch = models.ForeignKey(
        "agents.Batch",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("batch"),
    )
    # How many sections the planner makes; None lets it follow from the document's length.
    section_count = models.PositiveSmallIntegerField(_("sections to plan"), null=True, blank=True)
    # What every prompt of this run begins with, the same bytes for each role and section.
    shared_prefix = models.TextField(blank=True)
    # The language of the interface of who started it: what agents report is said in it.
    locale = models.CharField(max_length=10, default=settings.LANGUAGE_CODE)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("started by"),
    )
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.document}"

    @property
    def stages(self) -> models.QuerySet[Stage]:
        """Its workflow's; an answer has none."""
        return Stage.objects.filter(workflow=self.workflow_id)


class StepState(models.TextChoices):
    WAITING = "waiting", _("Waiting")  # for an earlier step
    READY = "ready", _("Ready")
    RUNNING = "running", _("Running")
    FINISHED = "finished", _("Finished")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Failed")


class Step(models.Model):
    """One stage on one section, or on the document. The row is the truth about the work.

    `attempt_number` is the fence: whoever writes for the step must hold the newest number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    section = models.ForeignKey(
        Section,
        on_delete=models.CASCADE,
        null=True,
        related_name="steps",
        verbose_name=_("section"),
    )
    after = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, related_name="successors"
    )
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(_("kind"), max_length=20, choices=StageKind)
    output = models.CharField(max_length=20, choices=Output)
    stage = models.ForeignKey(Stage, on_delete=models.SET_NULL, null=True, related_name="+")
    # What an answer fills.
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="+")
    # Critique and edit may repeat: the first round is 1.
    round = models.PositiveSmallIntegerField(default=1)
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="steps", verbose_name=_("role")
    )
    state = models.CharField(
        _("state"), max_length=20, choices=StepState, default=StepState.WAITING
    )
    attempt_number = models.PositiveIntegerField(_("attempts"), default=0)
    # Whose slot a running step takes: set when it is claimed.
    provider = models.ForeignKey(Provider, on_delete=models.SET_NULL, null=True, related_name="+")
    # Which of its role's fallback models it goes on with; 0: its own model.
    fallback_number = models.PositiveSmallIntegerField(default=0)
    # Failures in a row that may pass by themselves; back to 0 when a person tries again.
    retries = models.PositiveSmallIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # Attempts in a row whose worker died before they wrote anything.
    expiries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # What the step leaves for its successors, by kind: see agents/steps/.
    result = models.JSONField(default=dict, blank=True)
    # What went wrong and what to do, in the reader's words.
    problem = models.TextField(_("problem"), blank=True)
    # What its author should know although the step finished, e.g. dropped revisions.
    notice = models.TextField(_("notice"), blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["section__position", "round", "position"]
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        indexes = [
            models.Index(fields=["state", "lease_until"], name="step_by_lease"),
            models.Index(fields=["provider", "state"], name="step_by_provider"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "section", "position", "round"],
                name="one_step_per_stage_section_and_round",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.section or self.run.document}"

    @property
    def worked_on(self) -> uuid.UUID | None:
        """The section whose status tells of this step; an answer only reads in its section."""
        return None if self.kind == StageKind.ANSWER else self.section_id

    @property
    def counts_for(self) -> CountsFor:
        """Whom its attempts and calls count for; its run is at hand."""
        return {
            "document_id": self.run.document_id,
            "user_id": self.run.created_by_id,
            "role_id": self.role_id,
        }


class Attempt(Counted):
    """One try of a step: its prompt, its answer, its model and how it ended."""

    class Outcome(models.TextChoices):
        RUNNING = "running", _("Running")
        FINISHED = "finished", _("Finished")
        INTERRUPTED = "interrupted", _("Interrupted")
        STOPPED = "stopped", _("Stopped")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    client_id = models.PositiveBigIntegerField()
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="+")
    # The role as it was.
    revision = models.ForeignKey(
        RoleRevision, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # The model's, as they were.
    prices = models.JSONField(default=dict)
    messages = models.JSONField(default=list)
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.RUNNING)
    error = models.TextField(blank=True)
    # Since when it waited for a worker: the step's, which its next attempt overwrites.
    ready_at = models.DateTimeField(null=True, blank=True)
    waited_seconds = models.FloatField(null=True)
    started_at = models.DateTimeField(auto_now_add=True)
    first_token_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="one_attempt_per_number")
        ]
        indexes = [
            # All that is counted: the rows themselves are long, with a prompt and an answer each.
            models.Index(
                fields=["day", "document", "user", "role", "model", "outcome", "waited_seconds"],
                name="attempt_by_day",
            ),
            models.Index(fields=["document", "day"], name="attempt_by_document"),
        ]

    def __str__(self) -> str:
        return f"{self.step_id} attempt {self.number}"


class Chunk(models.Model):
    """Text flushed by a step: a piece of the model's answer, and the number of the update in its
    section's log that carries it.

    The chunks of a step's attempts, in order of `number`, are what was paid for and kept.
    """

    # Found by the constraint's index; one of its own would be one more page at every flush.
    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    text = models.TextField()
    seq = models.PositiveBigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["step", "number"], name="one_chunk_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.step_id} chunk {self.number}"
