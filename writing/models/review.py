import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from writing.models.sections import Section


class Severity(models.IntegerChoices):
    """How much a critic minds; people and small models do not say."""

    UNSAID = 0, ""
    MINOR = 1, _("Minor")
    MAJOR = 2, _("Major")
    CRITICAL = 3, _("Critical")


class Thread(models.Model):
    """A conversation anchored to words by the `comment` mark that carries its id."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="threads")
    quote = models.TextField(blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.UNSAID)
    # Since when no word in the text carries its mark: see `writing.derived`.
    words_gone_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.quote[:80]


class CommentState(models.TextChoices):
    SAID = "said", _("Said")
    ANSWERING = "answering", _("Answering")
    FAILED = "failed", _("Failed")


class Comment(models.Model):
    """What a person, or an agent's attempt, said in a thread.

    An agent that was asked to answer has its comment from the start, and fills it. In `body` a
    mention is a sign that names whom by id: see `writing.mentions`.
    """

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="comments")
    body = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    attempt = models.UUIDField(null=True)
    # The name shown for an agent: its role's name when it spoke.
    agent_name = models.CharField(max_length=80, blank=True)
    agent_tone = models.PositiveSmallIntegerField(default=1)
    # Its role's short name and its model's name, by which two critics are told apart.
    agent_role = models.CharField(max_length=50, blank=True)
    agent_model = models.CharField(max_length=200, blank=True)
    # What the agent was asked in, and whether it has answered.
    run = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=CommentState, default=CommentState.SAID)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.body[:80]

    @property
    def is_awaited(self) -> bool:
        return self.state == CommentState.ANSWERING

    @property
    def has_failed(self) -> bool:
        return self.state == CommentState.FAILED


class Mention(models.Model):
    """Somebody, or an agent's role, whom a comment turns to."""

    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    agent_role = models.CharField(max_length=50, blank=True)
    # An agent's, as it was then; a person is shown under the name they have now.
    name = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, agent_role="") | (Q(user=None) & ~Q(agent_role="")),
                name="mention_is_of_a_person_or_a_role",
            )
        ]

    def __str__(self) -> str:
        return self.name
