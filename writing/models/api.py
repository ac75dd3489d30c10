import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TokenScope(models.TextChoices):
    """What a token may be used for. Who may write something may read it."""

    READ_DOCUMENTS = "documents:read", _("Read documents and export them")
    WRITE_DOCUMENTS = "documents:write", _("Create, change and delete documents")
    READ_RUNS = "runs:read", _("Read runs, their steps and costs")
    WRITE_RUNS = "runs:write", _("Start and stop runs, which may cost money")
    READ_BATCHES = "batches:read", _("Read batches, their progress and costs")
    WRITE_BATCHES = "batches:write", _("Make and stop batches, which may cost money")


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def kept(self) -> "ApiTokenQuerySet":
        return self.filter(revoked_at=None)

    def alive(self) -> "ApiTokenQuerySet":
        """Those that open something."""
        is_open = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        return self.kept().filter(is_open, user__is_active=True)


class ApiToken(models.Model):
    """With it a program does what its person may do, as far as its scopes go."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    # How it begins, so that its person knows it again.
    prefix = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def scope_labels(self) -> list[str]:
        return [str(scope.label) for scope in TokenScope if scope in self.scopes]

    @property
    def has_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def allows(self, scope: TokenScope) -> bool:
        noun, _verb = scope.split(":")
        return scope in self.scopes or f"{noun}:write" in self.scopes


class KeptAnswer(models.Model):
    """What a request with an idempotency key was answered, for when it comes again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="kept_answers"
    )
    key = models.CharField(max_length=200)
    # SHA-256 of the method, the address and the body.
    request_hash = models.CharField(max_length=64)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key"),
        ]
        indexes = [models.Index(fields=["created_at"], name="kept_answers_by_age")]

    def __str__(self) -> str:
        return self.key
