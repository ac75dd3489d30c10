import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from writing.models.documents import AgentPolicy, Document


class SectionStatus(models.TextChoices):
    EMPTY = "empty", _("Empty")
    WAITING = "waiting", _("Waiting")
    DRAFTING = "drafting", _("Drafting")
    CRITIQUING = "critiquing", _("Being read")
    EDITING = "editing", _("Being revised")
    DONE = "done", _("Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Needs attention")


WORKED_ON = (
    SectionStatus.WAITING,
    SectionStatus.DRAFTING,
    SectionStatus.CRITIQUING,
    SectionStatus.EDITING,
)


class SectionQuerySet(models.QuerySet["Section"]):
    def present(self) -> "SectionQuerySet":
        return self.filter(deleted_at=None)


class Section(models.Model):
    """The unit of text, of parallel work and of status.

    Its text is the Yjs document made of its `Update` rows; `last_seq` numbers the newest of them.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="sections")
    position = models.PositiveIntegerField()
    title = models.CharField(max_length=200, blank=True)
    brief = models.TextField(blank=True)
    # What this section alone says, one point a line; the others leave it out.
    key_points = models.TextField(blank=True)
    target_words = models.PositiveIntegerField(default=200)
    word_count = models.PositiveIntegerField(default=0)
    last_seq = models.PositiveBigIntegerField(default=0)
    status = models.CharField(max_length=20, choices=SectionStatus, default=SectionStatus.EMPTY)
    # Empty: as the document.
    agent_policy = models.CharField(max_length=10, choices=AgentPolicy, blank=True)
    # Who is at work here now, for the outline and the byline: a role's name and its tone, 1 to 8.
    worker_name = models.CharField(max_length=80, blank=True)
    worker_tone = models.PositiveSmallIntegerField(default=1)
    # What went wrong and what to do, in the reader's words; shown where the section stands.
    problem = models.TextField(blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SectionQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["document", "position"], name="section_in_order")]

    def __str__(self) -> str:
        return self.title or str(self.id)

    @property
    def points(self) -> list[str]:
        return self.key_points.splitlines()

    @property
    def is_worked_on(self) -> bool:
        return self.status in WORKED_ON

    @property
    def can_be_retried(self) -> bool:
        return self.status in (SectionStatus.STOPPED, SectionStatus.FAILED)
