from django.db import models
from django.utils.translation import gettext_lazy as _


class Part(models.TextChoices):
    """What a worker process does by itself, each at its own pace."""

    STEPS = "steps", _("Steps of agents")
    COMPACTION = "compaction", _("Packing of long logs")
    HISTORY = "history", _("Versions of documents")
    MAIL = "mail", _("Mail")


class Heartbeat(models.Model):
    """When a part of a process said last that it is at work."""

    # Host and number.
    process = models.CharField(max_length=200)
    part = models.CharField(max_length=20, choices=Part)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["process", "part"]
        # The administration has them on one page, of this name.
        verbose_name = _("health")
        verbose_name_plural = _("health")
        constraints = [
            models.UniqueConstraint(fields=["process", "part"], name="one_heartbeat_per_part")
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.part}"
