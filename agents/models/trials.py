from django.conf import settings
from django.db import models
from django.utils import timezone

from agents.models.providers import Model
from agents.models.roles import Role, RoleRevision


class Trial(models.Model):
    """A role that was tried on its page: asked once for a sample, outside of any document."""

    role = models.ForeignKey(Role, on_delete=models.SET_NULL, null=True, related_name="trials")
    revision = models.ForeignKey(
        RoleRevision, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    model = models.ForeignKey(Model, on_delete=models.SET_NULL, null=True, related_name="+")
    messages = models.JSONField(default=list)
    answer = models.TextField(blank=True)
    error = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.role} {self.created_at:%Y-%m-%d %H:%M}"
