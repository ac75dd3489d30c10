import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agents.models.fields import EncryptedTextField

URL_CHARACTERS = 500


class Webhook(models.Model):
    """An address that is told when a batch ends. Only its owner's batches are told of."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks"
    )
    url = models.CharField(_("address"), max_length=URL_CHARACTERS)
    # As in the Standard Webhooks: `whsec_` and 32 random bytes in Base64. Shown once.
    secret = EncryptedTextField(_("secret"))
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class DeliveryEvent(models.TextChoices):
    """What a receiver is told."""

    BATCH_ENDED = "batch.ended", _("A batch has ended")
    TEST = "webhook.test", _("Test")


class Delivery(models.Model):
    """One message to one webhook. It is tried until `tries` are used up; the receiver knows it by
    its id, should it come twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20, choices=DeliveryEvent)
    # The bytes that are sent and signed, JSON in UTF-8.
    body = models.TextField()
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    # Nobody sends it earlier; whoever sends it now has moved this on.
    not_before = models.DateTimeField()
    last_tried_at = models.DateTimeField(null=True)
    # Of the last try: the answer's status and beginning, or what went wrong, and how long it took.
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["webhook", "-created_at"], name="deliveries_of_a_webhook"),
            models.Index(
                fields=["not_before"], condition=Q(state="waiting"), name="deliveries_to_be_sent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_event_display()} {self.created_at}"
