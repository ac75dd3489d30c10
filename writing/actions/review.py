"""Conversations about the text. Their anchors, marks in the text, are written by the caller."""

import uuid
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from writing.announce import announce
from writing.limits import clean_comment
from writing.models import Comment, Section, Thread


def open_thread(
    section: Section,
    *,
    thread_id: uuid.UUID,
    quote: str,
    body: str,
    user: AbstractBaseUser | None = None,
    attempt: uuid.UUID | None = None,
    agent_name: str = "",
    agent_tone: int = 1,
) -> Thread:
    """A thread with its first comment, by a person or an agent's attempt; raises InvalidInput."""
    body = clean_comment(body)
    with transaction.atomic(savepoint=False):
        thread = Thread.objects.create(pk=thread_id, section=section, quote=quote)
        Comment.objects.create(
            thread=thread,
            body=body,
            user_id=user.pk if user else None,
            attempt=attempt,
            agent_name=agent_name,
            agent_tone=agent_tone,
        )
        announce(section.document_id, "review-changed")
    return thread


def reply(thread: Thread, *, acting_user: AbstractBaseUser, body: str) -> Comment:
    """Answer in a thread, which opens again if it was resolved; raises InvalidInput."""
    body = clean_comment(body)
    with transaction.atomic(savepoint=False):
        comment = Comment.objects.create(thread=thread, body=body, user_id=acting_user.pk)
        Thread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)
        announce(thread.section.document_id, "review-changed")
    return comment


def resolve_thread(thread: Thread, *, acting_user: AbstractBaseUser) -> Thread:
    return _set_resolved(thread, timezone.now(), acting_user)


def reopen_thread(thread: Thread, *, acting_user: AbstractBaseUser) -> Thread:
    return _set_resolved(thread, None, None)


def resolve_by_agent(
    thread_id: uuid.UUID,
    *,
    document_id: uuid.UUID,
    body: str,
    attempt: uuid.UUID,
    agent_name: str,
    agent_tone: int,
) -> None:
    """An agent did what the thread asks for: it says so, and the thread is resolved."""
    open_ones = Thread.objects.filter(pk=thread_id, resolved_at=None)
    with transaction.atomic(savepoint=False):
        if not open_ones.update(resolved_at=timezone.now(), resolved_by=None):
            return
        Comment.objects.create(
            thread_id=thread_id,
            body=body,
            attempt=attempt,
            agent_name=agent_name,
            agent_tone=agent_tone,
        )
        announce(document_id, "review-changed")


def resolve_agents_threads(section: Section) -> None:
    """What agents remarked on a text that is about to be replaced needs no answer any more."""
    with transaction.atomic(savepoint=False):
        Thread.objects.filter(
            section=section, resolved_at=None, comments__attempt__isnull=False
        ).exclude(comments__user__isnull=False).update(resolved_at=timezone.now())
        announce(section.document_id, "review-changed")


def _set_resolved(
    thread: Thread, at: datetime | None, resolved_by: AbstractBaseUser | None
) -> Thread:
    thread.resolved_at = at
    thread.resolved_by_id = resolved_by.pk if resolved_by else None
    with transaction.atomic(savepoint=False):
        thread.save(update_fields=["resolved_at", "resolved_by"])
        announce(thread.section.document_id, "review-changed")
    return thread
