import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from writing.models.documents import Document
from writing.models.members import MemberRole


class GivenRole(models.TextChoices):
    """What an invitation may make of somebody; owners are made of members."""

    EDITOR = MemberRole.EDITOR.value, _("Editor")
    COMMENTER = MemberRole.COMMENTER.value, _("Commenter")
    VIEWER = MemberRole.VIEWER.value, _("Viewer")


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class Invitation(models.Model):
    """A role on a document that waits for whoever reads the mail of an address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=GivenRole)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["document", "email"], name="one_invitation_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def open(self) -> "ShareLinkQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


class ShareLink(models.Model):
    """Lets in whoever has its address, and its password where it has one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="links")
    role = models.CharField(max_length=20, choices=GivenRole)
    token_hash = models.CharField(max_length=64, unique=True)
    # As Django's hashers keep it; empty: none is asked for.
    password = models.CharField(max_length=128, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.document}"


class Try(models.Model):
    """One try at what may be tried only so often: see `writing.tries`."""

    what = models.CharField(max_length=100)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["what", "made_at"], name="tries_of_late")]

    def __str__(self) -> str:
        return f"{self.what} {self.made_at}"
