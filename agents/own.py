"""The door to what is a person's alone: the briefs they sent, and their webhooks."""

import uuid

from django.db.models import QuerySet

from agents.models import Delivery, Upload, Webhook
from writing.access import Visitor
from writing.exceptions import nothing_here


def get_upload(upload_id: uuid.UUID, user: Visitor) -> Upload:
    """Raises NotFound, as the others do."""
    upload = Upload.objects.filter(pk=upload_id, owner_id=user.pk).first()
    if upload is None:
        raise nothing_here()
    return upload


def webhooks_of(user: Visitor) -> QuerySet[Webhook]:
    return Webhook.objects.filter(owner_id=user.pk)


def get_webhook(webhook_id: uuid.UUID, user: Visitor) -> Webhook:
    webhook = webhooks_of(user).filter(pk=webhook_id).first()
    if webhook is None:
        raise nothing_here()
    return webhook


def get_delivery(delivery_id: uuid.UUID, user: Visitor) -> Delivery:
    """With its webhook."""
    found = Delivery.objects.filter(pk=delivery_id, webhook__owner_id=user.pk)
    delivery = found.select_related("webhook").first()
    if delivery is None:
        raise nothing_here()
    return delivery
