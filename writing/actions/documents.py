"""What can happen to a document as a whole."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from writing.announce import announce
from writing.audit import record
from writing.limits import check_document_words, clean_brief, clean_title
from writing.models import AgentPolicy, Document, Kind, Language, Member, MemberRole


def create_document(
    acting_user: AbstractBaseUser,
    *,
    title: str,
    brief: str = "",
    kind: str = Kind.ARTICLE,
    language: str = Language.ENGLISH,
    target_words: int = 1000,
) -> Document:
    """A document that `acting_user` owns; raises InvalidInput."""
    document = Document(
        title=clean_title(title),
        brief=clean_brief(brief),
        kind=Kind(kind),
        language=Language(language),
        target_words=check_document_words(target_words),
        created_by_id=acting_user.pk,
    )
    with transaction.atomic():
        document.save()
        Member.objects.create(document=document, user_id=acting_user.pk, role=MemberRole.OWNER)
    return document


def edit_document(
    document: Document,
    *,
    acting_user: AbstractBaseUser,
    title: str | None = None,
    brief: str | None = None,
    kind: str | None = None,
    language: str | None = None,
    target_words: int | None = None,
    agent_policy: str | None = None,
) -> Document:
    """Change what is given; raises InvalidInput and then changes nothing."""
    changes: dict[str, str | int] = {}
    if title is not None:
        changes["title"] = clean_title(title)
    if brief is not None:
        changes["brief"] = clean_brief(brief)
    if kind is not None:
        changes["kind"] = Kind(kind)
    if language is not None:
        changes["language"] = Language(language)
    if target_words is not None:
        changes["target_words"] = check_document_words(target_words)
    if agent_policy is not None:
        changes["agent_policy"] = AgentPolicy(agent_policy)
    for name, value in changes.items():
        setattr(document, name, value)
    with transaction.atomic():
        document.save(update_fields=[*changes, "updated_at"])
        announce(document.pk, "document-changed", title=document.title, by=acting_user.pk)
        if "agent_policy" in changes:
            announce(document.pk, "outline-changed", by=acting_user.pk)
    return document


def delete_document(document: Document, *, acting_user: AbstractBaseUser) -> Document:
    """Put it aside: nobody finds it any more, and `restore_document` brings it back whole."""
    with transaction.atomic():
        document.deleted_at = timezone.now()
        document.save(update_fields=["deleted_at"])
        announce(document.pk, "document-changed", deleted=True, by=acting_user.pk)
        record("document.deleted", actor=acting_user, document=document.pk, target=document.title)
    return document


def restore_document(document: Document, *, acting_user: AbstractBaseUser) -> Document:
    with transaction.atomic():
        document.deleted_at = None
        document.save(update_fields=["deleted_at"])
        announce(document.pk, "document-changed", by=acting_user.pk)
        record("document.restored", actor=acting_user, document=document.pk)
    return document
