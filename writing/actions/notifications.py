"""Telling people of what concerns them, and what they say about being told."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from writing.access import notifications_for, readers_of
from writing.announce import announce
from writing.models import (
    Comment,
    Frequency,
    Member,
    MemberRole,
    Notification,
    NotificationChoice,
    Occasion,
    SpokenLanguage,
)


@dataclass(frozen=True, slots=True)
class Choice:
    in_app: bool
    mail: Frequency


DEFAULTS: Mapping[Occasion, Choice] = {
    Occasion.MENTION: Choice(True, Frequency.AT_ONCE),
    Occasion.REPLY: Choice(True, Frequency.DAILY),
    Occasion.COMMENT: Choice(True, Frequency.DAILY),
    Occasion.SHARED: Choice(True, Frequency.AT_ONCE),
    Occasion.RUN: Choice(True, Frequency.NEVER),
    # Nobody watches it, and it may take a night.
    Occasion.BATCH: Choice(True, Frequency.AT_ONCE),
}


def choices_of(user_ids: Collection[int]) -> dict[tuple[int, Occasion], Choice]:
    """Of each of these people, for each occasion."""
    found = {(pk, occasion): choice for pk in user_ids for occasion, choice in DEFAULTS.items()}
    for row in NotificationChoice.objects.filter(user__in=user_ids):
        found[row.user_id, Occasion(row.occasion)] = Choice(row.in_app, Frequency(row.mail))
    return found


def notify(
    user_ids: Collection[int],
    occasion: Occasion,
    document_id: uuid.UUID | None,
    *,
    actor_id: int | None = None,
    comment: Comment | None = None,
    run: uuid.UUID | None = None,
    batch: uuid.UUID | None = None,
    batch_name: str = "",
    detail: str = "",
) -> None:
    """Tell those who want to hear of it; in the transaction of what happened, so that it is told
    once. Whoever did it is not told."""
    choices = choices_of(user_ids)
    rows = []
    for user_id in sorted(set(user_ids) - {actor_id}):
        choice = choices[user_id, occasion]
        if choice.in_app or choice.mail != Frequency.NEVER:
            rows.append(
                Notification(
                    user_id=user_id,
                    occasion=occasion,
                    document_id=document_id,
                    actor_id=actor_id,
                    comment=comment,
                    run=run,
                    batch=batch,
                    batch_name=batch_name,
                    detail=detail,
                    in_app=choice.in_app,
                )
            )
    # Of one comment nobody is told twice, whatever is done again.
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    people = [row.user_id for row in rows if row.in_app]
    if people and document_id is not None:
        announce(document_id, "notifications-changed", people=people)


def notify_of_comment(comment: Comment, *, mentioned: Collection[int] = ()) -> None:
    """Each person once, of the nearest occasion: they are mentioned, take part in the thread, or
    own the document. In the comment's transaction, whose thread has its section at hand."""
    document_id = comment.thread.section.document_id
    said_before = Comment.objects.filter(thread=comment.thread_id, user__isnull=False)
    readers = set(readers_of(document_id).values_list("pk", flat=True))
    partners = set(said_before.exclude(pk=comment.pk).values_list("user_id", flat=True))
    owners: set[int] = set()
    if comment.user_id:
        owning = Member.objects.filter(document=document_id, role=MemberRole.OWNER)
        owners = set(owning.values_list("user_id", flat=True))
    told: set[int] = set()
    for occasion, people in (
        (Occasion.MENTION, set(mentioned)),
        (Occasion.REPLY, partners),
        (Occasion.COMMENT, owners),
    ):
        now = (people & readers) - told
        if now:
            notify(now, occasion, document_id, actor_id=comment.user_id, comment=comment)
        told |= now


def notify_of_sharing(member: Member) -> None:
    notify(
        [member.user_id],
        Occasion.SHARED,
        member.document_id,
        actor_id=member.added_by_id,
        detail=member.role,
    )


def notify_of_run(document_id: uuid.UUID, *, user_id: int, run: uuid.UUID, outcome: str) -> None:
    """Whoever started a run hears how it ended: see `writing.notices`."""
    notify([user_id], Occasion.RUN, document_id, run=run, detail=outcome)


def notify_of_batch(batch: uuid.UUID, *, name: str, user_id: int, outcome: str) -> None:
    """Whose batch it is hears how it ended, or why it rests: see `writing.notices`."""
    notify([user_id], Occasion.BATCH, None, batch=batch, batch_name=name, detail=outcome)


def mark_read(notification: Notification) -> Notification:
    if notification.read_at is None:
        notification.read_at = timezone.now()
        notification.save(update_fields=["read_at"])
    return notification


def mark_all_read(user: AbstractBaseUser) -> None:
    notifications_for(user).unread().update(read_at=timezone.now())


def choose(user: AbstractBaseUser, choices: Mapping[Occasion, Choice]) -> None:
    """Where the person wants to be told from now on."""
    NotificationChoice.objects.bulk_create(
        [
            NotificationChoice(
                user_id=user.pk, occasion=occasion, in_app=choice.in_app, mail=choice.mail
            )
            for occasion, choice in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["user", "occasion"],
        update_fields=["in_app", "mail"],
    )


def stop_mail(user: AbstractBaseUser) -> None:
    """No more mail; what is shown in the app stays as it was chosen."""
    with transaction.atomic():
        own = choices_of([user.pk])
        choose(
            user,
            {
                occasion: Choice(choice.in_app, Frequency.NEVER)
                for (_pk, occasion), choice in own.items()
            },
        )


def remember_language(user: AbstractBaseUser, code: str) -> None:
    SpokenLanguage.objects.update_or_create(user_id=user.pk, defaults={"code": code})
