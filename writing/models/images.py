import uuid

from django.conf import settings
from django.db import models

from writing.models.documents import Document


class Image(models.Model):
    """An image that somebody put into a document, as `writing.reencoding` made it anew.

    Its bytes are here and not in a file, since the database is the truth: one backup holds both the
    text and its images, and every process reads them. No row is ever changed, and none is deleted
    before its document is, since versions, and whoever undoes, come back to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="images")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    data = models.BinaryField()
    content_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # of `data`, in bytes
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.width} × {self.height} in {self.document_id}"
