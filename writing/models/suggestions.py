import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from writing.models.sections import Section


class Decision(models.Model):
    """Somebody accepted or rejected suggestions in a section, those of one `batch` in one go.

    `inverse` is the Yjs update (v1) that takes it back, under the client id that it was made with.
    """

    batch = models.UUIDField(db_index=True)
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="decisions")
    seq = models.PositiveBigIntegerField()
    inverse = models.BinaryField()
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.section_id} #{self.seq}"


class Suggestion(models.Model):
    """A change that somebody, or an agent's attempt, proposes. It lives in the text, as marks that
    carry its id; this row says who proposed it and why, and what became of it.

    `old` and `new` are the words as they were proposed: what was accepted and rejected is there to
    be learned from.
    """

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="suggestions")
    # A text that is moved to another section takes its marks along.
    mark = models.UUIDField(default=uuid.uuid4)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt = models.UUIDField(null=True, db_index=True)
    # The name shown for an agent: its role's name when it proposed this.
    agent_name = models.CharField(max_length=80, blank=True)
    agent_tone = models.PositiveSmallIntegerField(default=1)
    reason = models.TextField(blank=True)
    old = models.TextField(blank=True)
    new = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    accepted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decision = models.ForeignKey(
        Decision, on_delete=models.SET_NULL, null=True, related_name="suggestions"
    )

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["decided_at"],
                condition=models.Q(accepted__isnull=False, attempt__isnull=False),
                name="agents_suggestion_by_decision",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["section", "mark"], name="one_row_per_suggestion"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) | models.Q(attempt__isnull=True),
                name="proposed_by_person_or_attempt",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted__isnull=True, decided_at__isnull=True)
                | models.Q(accepted__isnull=False, decided_at__isnull=False),
                name="decided_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"[:80]
