import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from writing.models.documents import Document
from writing.models.review import Comment


class Occasion(models.TextChoices):
    """What a person is told of."""

    MENTION = "mention", _("Somebody mentions me")
    REPLY = "reply", _("An answer in a thread of mine")
    COMMENT = "comment", _("A comment on a document of mine")
    SHARED = "shared", _("A document is shared with me")
    RUN = "run", _("A run of mine has ended")
    BATCH = "batch", _("A batch of mine has ended or paused")


class Frequency(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    NEVER = "never", _("Never")


class Mailing(models.Model):
    """One mail to one person. Who has set `begun_at` sends it, and nobody else does, ever: a worker
    that is killed just then may leave it unsent, but none is sent twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    begun_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # What the server refused may be tried again; then `begun_at` is empty again.
    refusals = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(begun_at=None), name="mailings_to_be_sent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> "NotificationQuerySet":
        return self.filter(read_at=None)


class Notification(models.Model):
    """Something a person is told of. Whether they may still know of it is asked when it is shown or
    mailed: see `writing.access.notifications_for`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    occasion = models.CharField(max_length=10, choices=Occasion)
    # Without one it is about a batch of documents, which has its name here.
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True, related_name="+")
    batch = models.UUIDField(null=True)
    batch_name = models.CharField(max_length=200, blank=True)
    # Whose doing it is; an agent's has its name in the comment.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+"
    )
    comment = models.ForeignKey(Comment, on_delete=models.CASCADE, null=True, related_name="+")
    run = models.UUIDField(null=True)
    # Of a run or batch, how it ended: see `writing.notices`. Of sharing, the role that was given.
    detail = models.CharField(max_length=20, blank=True)
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailing = models.ForeignKey(
        Mailing, on_delete=models.SET_NULL, null=True, related_name="notifications"
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["user", "-created_at"], name="notifications_of_a_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "comment"],
                condition=Q(comment__isnull=False),
                name="one_notification_per_comment",
            ),
            models.CheckConstraint(
                condition=Q(document__isnull=False) | Q(batch__isnull=False),
                name="notifications_are_about_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_occasion_display()}"

    @property
    def title(self) -> str:
        """What it is about is called so."""
        return self.document.title if self.document else self.batch_name


class NotificationChoice(models.Model):
    """Where a person wants to be told of an occasion; without a row the defaults hold."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices"
    )
    occasion = models.CharField(max_length=10, choices=Occasion)
    in_app = models.BooleanField()
    mail = models.CharField(max_length=10, choices=Frequency)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "occasion"], name="one_choice_per_person_and_occasion"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_occasion_display()}"


class SpokenLanguage(models.Model):
    """The language a person last used the interface in: mails are written in it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="spoken_language"
    )
    code = models.CharField(max_length=10)

    def __str__(self) -> str:
        return self.code
