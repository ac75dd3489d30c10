"""Sending what people want to have mailed: once, whatever is killed meanwhile."""

import logging
import uuid
from collections import defaultdict
from datetime import timedelta
from smtplib import SMTPException

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from writing.access import notifications_for
from writing.actions.notifications import choices_of
from writing.mail import due_before, is_mail_set_up, write_mail
from writing.models import Frequency, Mailing, Notification, Occasion

logger = logging.getLogger(__name__)

# What is older is no news; nor is it mailed when mail is set up only later.
OLDEST = timedelta(days=8)
MOST_REFUSALS = 6
MOST_AT_ONCE = 200


def send_due_mail() -> int:
    """Gather what is due into mails, and send those that nobody has begun; gives how many went."""
    if not is_mail_set_up():
        return 0
    gather()
    now = timezone.now()
    waiting = Mailing.objects.filter(begun_at=None).filter(
        Q(not_before=None) | Q(not_before__lte=now)
    )
    return sum(send(pk) for pk in list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE]))


def gather() -> list[Mailing]:
    """One mail for each person to whom something unread is due."""
    now = timezone.now()
    open_ones = Notification.objects.filter(
        mailing=None, read_at=None, created_at__gt=now - OLDEST, user__is_active=True
    ).exclude(user__email="")
    people = set(open_ones.order_by().values_list("user_id", flat=True).distinct())
    due: defaultdict[int, Q] = defaultdict(lambda: Q(pk=None))
    for (user_id, occasion), choice in choices_of(people).items():
        before = due_before(choice.mail, now)
        if before is not None:
            due[user_id] |= Q(occasion=occasion, created_at__lte=before)
    made = []
    for user_id, wanted in due.items():
        with transaction.atomic():
            mine = open_ones.select_for_update(of=("self",)).filter(wanted, user=user_id)
            ids = list(mine.order_by("pk").values_list("pk", flat=True))
            if ids:
                mailing = Mailing.objects.create(user_id=user_id)
                Notification.objects.filter(pk__in=ids).update(mailing=mailing)
                made.append(mailing)
    return made


def send(mailing_id: uuid.UUID) -> bool:
    """Send the mail, unless somebody has begun to; whether it went.

    Who is killed between beginning and end may leave it unsent: nobody can tell, and twice would
    be worse. What the mail server refuses is tried again.
    """
    begun = Mailing.objects.filter(pk=mailing_id, begun_at=None).update(begun_at=timezone.now())
    if not begun:
        return False
    mailing = Mailing.objects.select_related("user").get(pk=mailing_id)
    notifications = still_wanted(mailing)
    if not notifications:
        Mailing.objects.filter(pk=mailing_id).update(sent_at=timezone.now())
        return False
    try:
        write_mail(mailing, notifications).send()
    except (SMTPException, OSError) as error:
        _refused(mailing, error)
        return False
    Mailing.objects.filter(pk=mailing_id).update(sent_at=timezone.now())
    return True


def still_wanted(mailing: Mailing) -> list[Notification]:
    """What of it the person may still know of, has not read and did not say they want no mail of,
    since it was gathered."""
    user: User = mailing.user
    choices = choices_of([user.pk])
    unwanted = [
        occasion for occasion in Occasion if choices[user.pk, occasion].mail == Frequency.NEVER
    ]
    if not user.email:
        return []
    found = notifications_for(user).unread().filter(mailing=mailing)
    return list(found.exclude(occasion__in=unwanted).prefetch_related("comment__mentions__user"))


def _refused(mailing: Mailing, error: Exception) -> None:
    logger.warning("A mail was not taken: %s", error)
    mailing.refusals += 1
    if mailing.refusals < MOST_REFUSALS:
        pause = timedelta(minutes=2**mailing.refusals)
        mailing.begun_at, mailing.not_before = None, timezone.now() + pause
    mailing.save(update_fields=["refusals", "begun_at", "not_before"])
