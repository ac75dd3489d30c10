import uuid

from django.conf import settings
from django.db import models

from writing.models.sections import Section


class Thread(models.Model):
    """A conversation anchored to words by the `comment` mark that carries its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="threads")
    quote = models.TextField(blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.quote[:80]


class Comment(models.Model):
    """What a person, or an agent's attempt, said in a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    body = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt = models.UUIDField(null=True)
    # The name shown for an agent: its role's name when it spoke.
    agent_name = models.CharField(max_length=80, blank=True)
    agent_tone = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.body[:80]
