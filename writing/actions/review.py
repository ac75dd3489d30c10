"""Conversations about the text. Their anchors, marks in the text, are written by the caller."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from writing.actions.notifications import notify_of_comment
from writing.announce import announce
from writing.crew import crew
from writing.limits import clean_comment
from writing.mentions import find_mentions, keep_mentions, mentionable_in
from writing.models import Comment, CommentState, Section, Severity, Thread


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
    agent_role: str = "",
    agent_model: str = "",
    severity: Severity = Severity.UNSAID,
) -> Thread:
    """A thread with its first comment, by a person or an agent's attempt; raises InvalidInput."""
    body = clean_comment(body)
    with transaction.atomic(savepoint=False):
        thread = Thread.objects.create(
            pk=thread_id, section=section, quote=quote, severity=severity
        )
        if user:
            _say(thread, user, body)
        else:
            Comment.objects.create(
                thread=thread,
                body=body,
                attempt=attempt,
                agent_name=agent_name,
                agent_tone=agent_tone,
                agent_role=agent_role,
                agent_model=agent_model,
            )
        announce(section.document_id, "review-changed")
    return thread


def reply(thread: Thread, *, acting_user: AbstractBaseUser, body: str) -> Comment:
    """Answer in a thread, which opens again if it was resolved; raises InvalidInput."""
    body = clean_comment(body)
    with transaction.atomic(savepoint=False):
        comment = _say(thread, acting_user, body)
        Thread.objects.filter(pk=thread.pk).update(resolved_at=None, resolved_by=None)
        announce(thread.section.document_id, "review-changed")
    return comment


def _say(thread: Thread, user: AbstractBaseUser, body: str) -> Comment:
    """A person's comment: who is mentioned hears of it, and roles that are called answer.

    What agents say is not searched for mentions: they call nobody.
    """
    kept, mentioned = find_mentions(body, mentionable_in(thread.section) if "@" in body else ())
    comment = Comment.objects.create(thread=thread, body=kept, user_id=user.pk)
    keep_mentions(comment, mentioned)
    notify_of_comment(comment, mentioned=[who.user_id for who in mentioned if who.user_id])
    if roles := [who.role for who in mentioned if who.role]:
        crew().call(comment, roles, user)
    return comment


def await_answer(
    asked: Comment, *, run: uuid.UUID, agent_name: str, agent_tone: int, agent_role: str
) -> Comment:
    """The comment that an agent is going to fill; in a transaction."""
    return Comment.objects.create(
        thread=asked.thread,
        body="",
        run=run,
        state=CommentState.ANSWERING,
        agent_name=agent_name,
        agent_tone=agent_tone,
        agent_role=agent_role,
    )


def answer_so_far(comment: Comment, *, body: str, attempt: uuid.UUID, agent_model: str) -> None:
    """What there is of an agent's answer, shown while more is coming; in a transaction."""
    _fill(comment, body=body, attempt=attempt, agent_model=agent_model)


def finish_answer(comment: Comment, *, body: str) -> None:
    """An agent has answered: the thread is open again, and its people hear of it. In a
    transaction."""
    if _fill(comment, body=body, state=CommentState.SAID, problem=""):
        Thread.objects.filter(pk=comment.thread_id).update(resolved_at=None, resolved_by=None)
        notify_of_comment(comment)


def fail_answers(comment_ids: Iterable[int | None], *, problem: str) -> None:
    """Agents could not answer; what they have said stays. In a transaction."""
    ids = [pk for pk in comment_ids if pk is not None]
    comments = Comment.objects.filter(pk__in=ids).select_related("thread__section")
    for comment in comments if ids else ():
        _fill(comment, state=CommentState.FAILED, problem=problem)


def await_again(comment: Comment) -> None:
    """An answer that failed is awaited once more; in a transaction."""
    failed = Comment.objects.filter(pk=comment.pk, state=CommentState.FAILED)
    failed.update(state=CommentState.ANSWERING, problem="")
    announce(comment.thread.section.document_id, "review-changed")


def _fill(comment: Comment, **values: Any) -> bool:
    """False if nobody waits for it any more."""
    awaited = Comment.objects.filter(pk=comment.pk, state=CommentState.ANSWERING)
    announce(comment.thread.section.document_id, "review-changed")
    return bool(awaited.update(**values))


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
    agent_role: str = "",
    agent_model: str = "",
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
            agent_role=agent_role,
            agent_model=agent_model,
        )
        announce(document_id, "review-changed")


def reply_by_agent(
    thread_id: uuid.UUID,
    *,
    document_id: uuid.UUID,
    body: str,
    attempt: uuid.UUID,
    agent_name: str,
    agent_tone: int,
    agent_role: str,
    agent_model: str,
) -> None:
    """An agent says something in a thread that is still open, which stays so."""
    with transaction.atomic(savepoint=False):
        if not Thread.objects.filter(pk=thread_id, resolved_at=None).exists():
            return
        Comment.objects.create(
            thread_id=thread_id,
            body=clean_comment(body),
            attempt=attempt,
            agent_name=agent_name,
            agent_tone=agent_tone,
            agent_role=agent_role,
            agent_model=agent_model,
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
