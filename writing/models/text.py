from django.conf import settings
from django.db import models

from writing.models.sections import Section


class Peer(models.Model):
    """A writer in a shared text, known by its Yjs client id: a person's browser tab, or an attempt.

    `attempt` is the id of an `agents` attempt; this app knows nothing more about agents.
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="peers")
    client_id = models.PositiveBigIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["section", "client_id"], name="client_id_claimed_once"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, attempt__isnull=True)
                | models.Q(user__isnull=True, attempt__isnull=False),
                name="peer_is_person_or_attempt",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} in {self.section_id}"


class Update(models.Model):
    """One saved change to a section's text, a Yjs update (v1); `seq` counts from 1 without gaps.

    Only the newest have rows of their own; those up to the section's snapshot are in segments.
    """

    # Found by the constraint's index; one of its own would be one more page at every save.
    section = models.ForeignKey(
        Section, on_delete=models.CASCADE, related_name="updates", db_index=False
    )
    seq = models.PositiveBigIntegerField()
    data = models.BinaryField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["section", "seq"], name="one_row_per_seq")]

    def __str__(self) -> str:
        return f"{self.section_id} #{self.seq}"


class Snapshot(models.Model):
    """A section's text up to `seq`, as in `writing.text.snapshots`: what loading begins with."""

    section = models.OneToOneField(
        Section, on_delete=models.CASCADE, primary_key=True, related_name="snapshot"
    )
    seq = models.PositiveBigIntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.section_id} up to #{self.seq}"


class Segment(models.Model):
    """Updates that follow one another, packed as in `writing.text.segments`: the section's history.

    A section's segments reach from the first update to its snapshot, without gaps.
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="segments")
    first_seq = models.PositiveBigIntegerField()
    last_seq = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["last_seq"]
        constraints = [
            models.UniqueConstraint(fields=["section", "last_seq"], name="one_segment_per_stretch")
        ]

    def __str__(self) -> str:
        return f"{self.section_id} #{self.first_seq} to #{self.last_seq}"
