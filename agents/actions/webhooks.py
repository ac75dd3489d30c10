"""Webhooks: whom to tell, and telling them until they have heard it. The rows are the truth; what
wakes a worker is a hint."""

import json
import logging
import uuid
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.models import Delivery, DeliveryEvent, DeliveryState, Webhook
from agents.models.webhooks import URL_CHARACTERS
from agents.public_url import check_url
from agents.signatures import new_secret, signed_headers
from agents.wakes import wake_deliveries
from writing.audit import record
from writing.exceptions import InvalidInput

if TYPE_CHECKING:
    from agents.outbound import Answer

logger = logging.getLogger(__name__)

MOST_WEBHOOKS = 10
# After the first try, the second and so on; three days in all.
PAUSES = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 8 * 60, 24 * 60, 36 * 60)
)
# Whoever sends it has it for so long; if they are killed meanwhile, another does.
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=30)
MOST_AT_ONCE = 100


def add_webhook(acting_user: AbstractBaseUser, *, url: str) -> Webhook:
    """Its secret is to be shown now and never again; raises InvalidInput."""
    url = _checked(url)
    with transaction.atomic():
        if Webhook.objects.filter(owner_id=acting_user.pk).count() >= MOST_WEBHOOKS:
            raise InvalidInput(
                _("You have %(most)d webhooks; more do not fit. Delete one first.")
                % {"most": MOST_WEBHOOKS}
            )
        webhook = Webhook.objects.create(owner_id=acting_user.pk, url=url, secret=new_secret())
        record("webhook.created", actor=acting_user, target=_host(url))
    return webhook


def edit_webhook(
    webhook: Webhook, *, acting_user: AbstractBaseUser, url: str, is_enabled: bool
) -> Webhook:
    """Raises InvalidInput."""
    webhook.url, webhook.is_enabled = _checked(url), is_enabled
    with transaction.atomic():
        webhook.save(update_fields=["url", "is_enabled"])
        record("webhook.changed", actor=acting_user, target=_host(webhook.url))
    return webhook


def renew_secret(webhook: Webhook, *, acting_user: AbstractBaseUser) -> Webhook:
    """The old one signs nothing any more."""
    webhook.secret = new_secret()
    with transaction.atomic():
        webhook.save(update_fields=["secret"])
        record("webhook.secret", actor=acting_user, target=_host(webhook.url))
    return webhook


def delete_webhook(webhook: Webhook, *, acting_user: AbstractBaseUser) -> None:
    with transaction.atomic():
        webhook.delete()
        record("webhook.deleted", actor=acting_user, target=_host(webhook.url))


def tell_webhooks(owner_id: int, event: DeliveryEvent, data: dict[str, Any]) -> list[Delivery]:
    """In the transaction of what happened, so that it is told if and only if that stands."""
    body = _body(event, data)
    deliveries = Delivery.objects.bulk_create(
        Delivery(webhook=webhook, event=event, body=body, not_before=timezone.now())
        for webhook in Webhook.objects.filter(
            owner_id=owner_id, is_enabled=True, owner__is_active=True
        )
    )
    wake_deliveries([delivery.pk for delivery in deliveries])
    return deliveries


def send_test(webhook: Webhook, *, acting_user: AbstractBaseUser) -> Delivery:
    """Also to one that is not in use."""
    return _deliver_soon(
        webhook, DeliveryEvent.TEST, _body(DeliveryEvent.TEST, {"webhook": str(webhook.pk)})
    )


def is_sending(webhook: Webhook) -> bool:
    """Whether something is sent now, or will be within the next minute."""
    soon = timezone.now() + LEASE
    return webhook.deliveries.filter(state=DeliveryState.WAITING, not_before__lte=soon).exists()


def send_again(delivery: Delivery, *, acting_user: AbstractBaseUser) -> Delivery:
    """The same message under the same id, with as many tries as at first."""
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(
            state=DeliveryState.WAITING, tries=0, not_before=timezone.now(), problem=""
        )
        wake_deliveries([delivery.pk])
    delivery.refresh_from_db()
    return delivery


def _deliver_soon(webhook: Webhook, event: DeliveryEvent, body: str) -> Delivery:
    with transaction.atomic():
        delivery = Delivery.objects.create(
            webhook=webhook, event=event, body=body, not_before=timezone.now()
        )
        wake_deliveries([delivery.pk])
    return delivery


def send_due_deliveries() -> int:
    """Send what is due and nobody sends; gives how many were delivered."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, not_before__lte=timezone.now())
    ids = list(due.order_by("not_before").values_list("pk", flat=True)[:MOST_AT_ONCE])
    return sum(deliver(pk) for pk in ids)


def deliver(delivery_id: uuid.UUID) -> bool:
    """Send it, unless it is not due or somebody else is at it; whether it was delivered.

    Who is killed between beginning and end may have sent it: then it comes twice, under one id.
    """
    now = timezone.now()
    is_mine = Delivery.objects.filter(
        pk=delivery_id, state=DeliveryState.WAITING, not_before__lte=now
    ).update(not_before=now + LEASE, tries=F("tries") + 1, last_tried_at=now)
    if not is_mine:
        return False
    delivery = Delivery.objects.select_related("webhook__owner").get(pk=delivery_id)
    webhook = delivery.webhook
    if not webhook.owner.is_active or not webhook.secret:
        _close(delivery, DeliveryState.FAILED, problem=_no_secret(webhook))
        return False
    body = delivery.body.encode()
    headers = signed_headers(
        webhook.secret, message_id=str(delivery.pk), timestamp=int(now.timestamp()), body=body
    )
    kind = {"Content-Type": "application/json", "User-Agent": "Scriptorium"}
    from agents import outbound  # only workers send

    return _take(delivery, outbound.post(webhook.url, body, headers | kind))


def _take(delivery: Delivery, answer: "Answer") -> bool:
    """Keep what became of the try, and decide whether there is another."""
    delivery.status, delivery.answer = answer.status, answer.text
    delivery.milliseconds = answer.milliseconds
    if answer.status is not None and HTTPStatus(200) <= answer.status < HTTPStatus(300):
        _close(delivery, DeliveryState.DELIVERED)
        return True
    problem = answer.problem or _("Answered with status %(status)s instead of 2xx.") % {
        "status": answer.status
    }
    if answer.status == HTTPStatus.GONE:
        Webhook.objects.filter(pk=delivery.webhook_id).update(is_enabled=False)
        problem = _("The receiver wants no more messages (410), so the webhook was switched off.")
    is_last = delivery.tries > len(PAUSES) or answer.status == HTTPStatus.GONE
    state = DeliveryState.FAILED if is_last else DeliveryState.WAITING
    # Not why: an address may hold a secret of the receiver's.
    logger.warning(
        "webhook not delivered", extra={"delivery": str(delivery.pk), "status": answer.status}
    )
    _close(delivery, state, problem=problem)
    return False


def _close(delivery: Delivery, state: DeliveryState, *, problem: str = "") -> None:
    """End this try, unless the message was delivered meanwhile or is sent anew."""
    not_before = timezone.now()
    if state == DeliveryState.WAITING:
        not_before += PAUSES[delivery.tries - 1]
    Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.WAITING, tries=delivery.tries
    ).update(
        state=state,
        problem=problem,
        not_before=not_before,
        status=delivery.status,
        answer=delivery.answer,
        milliseconds=delivery.milliseconds,
    )


def forget_old_deliveries() -> int:
    """Of the log, what is older than a month; gives how many."""
    old = Delivery.objects.exclude(state=DeliveryState.WAITING)
    return old.filter(created_at__lt=timezone.now() - KEPT).delete()[0]


def _no_secret(webhook: Webhook) -> str:
    if not webhook.owner.is_active:
        return _("The account is closed.")
    return _("The secret cannot be read any more: SECRET_KEY has changed. Make a new one.")


def _body(event: DeliveryEvent, data: dict[str, Any]) -> str:
    message = {"type": event.value, "timestamp": timezone.now().isoformat(), "data": data}
    return json.dumps(message, ensure_ascii=False)


def _host(url: str) -> str:
    """What the audit log says of it: the rest of an address may hold a secret of the receiver's."""
    return urlsplit(url).hostname or ""


def _checked(url: str) -> str:
    url = check_url(url)
    if len(url) > URL_CHARACTERS:
        raise InvalidInput(
            _("The address has more than %(most)d characters.") % {"most": URL_CHARACTERS}
        )
    return url
