import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

# So long a person may think about it.
KEPT = timedelta(days=7)


class Upload(models.Model):
    """Briefs that somebody sent, until a batch is made of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads"
    )
    # "" for a list that was pasted.
    file_name = models.CharField(max_length=200, blank=True)
    # What there is to say of the file as a whole, in the reader's words.
    notes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["created_at"], name="uploads_by_age")]

    def __str__(self) -> str:
        return self.file_name or str(self.created_at)

    @property
    def ends_at(self) -> datetime:
        return self.created_at + KEPT


class UploadRow(models.Model):
    """One brief as it was sent, by fields of a document, with what is wrong with it."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    problems = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    is_usable = models.BooleanField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["upload", "number"], name="one_upload_row_per_number")
        ]
        indexes = [
            models.Index(fields=["upload", "is_usable", "number"], name="upload_rows_by_use")
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.values.get('title', '')}"
