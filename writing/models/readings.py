import uuid

from django.conf import settings
from django.db import models

from writing.models.sections import Section


class Reading(models.Model):
    """Somebody has read a section as it was after its update number `seq`; the `reviewed` marks
    that carry the id are on what nobody had read before. `by_accepting`: only what suggestions put
    there with that update, which somebody read who accepted them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField(auto_now_add=True)
    by_accepting = models.BooleanField(default=False)

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"{self.section_id} up to #{self.seq}"
