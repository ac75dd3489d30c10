"""All that is kept of a person, as files to take along."""

import json
from collections.abc import Iterator
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.utils import timezone

from writing.actions.export import FILES, File
from writing.actions.notifications import choices_of
from writing.belongings import files_of
from writing.mail import language_of
from writing.models import AuditEntry, Comment, Document, Member, MemberRole


def archive_of(user: User) -> Iterator[bytes]:
    """The pieces of a ZIP: `profile.json`, `documents.json` with a folder of the documents that the
    person owns, `comments.json`, `activity.json`, and what other apps have. Nothing of it is
    there before it is asked for, and only one document is held at a time."""
    out = _Pipe()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, data in _files(user):
            info = ZipInfo(name, timezone.now().timetuple()[:6])
            info.compress_type = ZIP_STORED if name.endswith(".zip") else ZIP_DEFLATED
            archive.writestr(info, data)
            yield out.take()
    yield out.take()


def _files(user: User) -> Iterator[tuple[str, bytes]]:
    yield "profile.json", as_json(_profile(user))
    memberships = list(Member.objects.filter(user=user).select_related("document").order_by("pk"))
    yield "documents.json", as_json([_document(member) for member in memberships])
    for number, member in enumerate(memberships, start=1):
        if member.role == MemberRole.OWNER:
            file = _text(member.document)
            yield f"documents/{number:04} {file.name}", file.data
    yield "comments.json", as_json(_comments(user))
    yield "activity.json", as_json(_activity(user))
    yield from files_of(user)


def as_json(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False).encode()


def _text(document: Document) -> File:
    return FILES["md"](document)


def _profile(user: User) -> dict[str, Any]:
    choices = choices_of([user.pk])
    factors = Authenticator.objects.filter(user=user).order_by("created_at")
    return {
        "username": user.username,
        "name": user.get_full_name(),
        "email": user.email,
        "language": language_of(user),
        "joined": user.date_joined,
        "last_signed_in": user.last_login,
        "administrator": user.is_staff,
        "groups": list(user.groups.values_list("name", flat=True)),
        "second_step": [
            {"kind": each.type, "added": each.created_at, "used": each.last_used_at}
            for each in factors
        ],
        "notifications": {
            occasion: {"in_app": choice.in_app, "mail": choice.mail}
            for (_pk, occasion), choice in choices.items()
        },
    }


def _document(member: Member) -> dict[str, Any]:
    document = member.document
    own = member.role == MemberRole.OWNER
    return {
        "id": document.pk,
        "title": document.title,
        "role": member.role,
        "brief": document.brief if own else None,
        "kind": document.kind,
        "language": document.language,
        "target_words": document.target_words,
        "created": document.created_at,
        "changed": document.updated_at,
        "deleted": document.deleted_at,
    }


def _comments(user: User) -> list[dict[str, Any]]:
    found = Comment.objects.filter(user=user).select_related("thread__section__document")
    return [
        {
            "document": comment.thread.section.document.title,
            "section": comment.thread.section.title,
            "quote": comment.thread.quote,
            "body": comment.body,
            "at": comment.created_at,
        }
        for comment in found.order_by("pk")
    ]


def _activity(user: User) -> list[dict[str, Any]]:
    """What the audit log says of them, without the names of others."""
    found = AuditEntry.objects.filter(Q(actor=user) | Q(person=user)).order_by("pk")
    return [
        {
            "at": entry.at,
            "event": entry.event,
            "by_me": entry.actor_id == user.pk,
            "document": entry.document_id,
            "details": entry.details,
        }
        for entry in found
    ]


class _Pipe:
    """What ZipFile writes to without looking back; what was written is taken out again."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data
