import uuid
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from writing.models.documents import Document
from writing.models.sections import Section


class VersionKind(models.TextChoices):
    INTERVAL = "interval", _("While it was edited")
    RUN_START = "run_start", _("Before agents began")
    RUN_END = "run_end", _("When agents had finished")
    # Before something that replaces text; `reason` says what.
    SAFETY = "safety", _("Before text was replaced")
    NAMED = "named", _("Named")


# Taken by nobody's wish, so that not all of them are kept for ever.
AUTOMATIC = (VersionKind.INTERVAL, VersionKind.RUN_START, VersionKind.RUN_END)


@dataclass(frozen=True, slots=True)
class Place:
    """A section in a version: how far its log had come, its title, and its words."""

    section: uuid.UUID
    seq: int
    title: str
    words: int


class VersionQuerySet(models.QuerySet["Version"]):
    def whole(self) -> "VersionQuerySet":
        """Those of whole documents."""
        return self.filter(section=None)


class Version(models.Model):
    """A document, or one section of it, at a moment worth going back to.

    It holds no text: the logs do, and this says how far they had come.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="versions")
    # None: the whole document.
    section = models.ForeignKey(
        Section, on_delete=models.CASCADE, null=True, related_name="versions"
    )
    kind = models.CharField(max_length=10, choices=VersionKind, default=VersionKind.SAFETY)
    name = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    # The sections in order, a dictionary each with the fields of `Place`.
    contents = models.JSONField(default=list)
    # Words added and taken since the version before, by author: see `writing.changes`. None: they
    # have not been counted yet.
    changes = models.JSONField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["document", "-created_at"], name="versions_in_order")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.name or self.reason or self.get_kind_display()

    @property
    def is_whole(self) -> bool:
        return self.section_id is None

    @property
    def places(self) -> list[Place]:
        return [
            Place(uuid.UUID(each["section"]), each["seq"], each["title"], each["words"])
            for each in self.contents
        ]

    @property
    def words(self) -> int:
        return sum(place.words for place in self.places)


class Reversion(models.Model):
    """Somebody went back to a version. `seqs` are the updates that did so, by section's id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="reversions")
    # What stood there, kept ahead of it.
    before = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    # What somebody went back to.
    target = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="+")
    seqs = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.document_id} went back at {self.created_at}"


class Checkpoint(models.Model):
    """A section's text up to `seq` with the author of each character, as in
    `writing.text.checkpoints`: from where its history is played on."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="checkpoints")
    seq = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["section", "seq"], name="one_checkpoint_per_seq")
        ]

    def __str__(self) -> str:
        return f"{self.section_id} at #{self.seq}"
