from django.conf import settings
from django.db import models

from agents.models.runs import Attempt


class Undoing(models.Model):
    """Somebody took what an attempt wrote out of its section, and perhaps somebody brought it back.

    `seq` and `brought_back_seq` are the updates of the section's log that did so.
    """

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="undoings")
    seq = models.PositiveBigIntegerField()
    removed_words = models.PositiveIntegerField()
    restored_words = models.PositiveIntegerField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(auto_now_add=True)
    brought_back_seq = models.PositiveBigIntegerField(null=True)
    brought_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    brought_back_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["undone_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt"],
                condition=models.Q(brought_back_at=None),
                name="an_attempt_is_undone_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} undone as #{self.seq}"
