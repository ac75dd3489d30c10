"""The only door to a document: views, socket, tasks and agents come through it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Self

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.exceptions import Forbidden, nothing_here
from writing.models import (
    AgentPolicy,
    Comment,
    Decision,
    Document,
    Image,
    Invitation,
    Member,
    MemberRole,
    Notification,
    Reading,
    Reversion,
    Section,
    ShareLink,
    Thread,
    Version,
)
from writing.models.documents import DocumentQuerySet
from writing.models.notifications import NotificationQuerySet

Visitor = AbstractBaseUser | AnonymousUser


class Guest(AnonymousUser):
    """Somebody without an account who opened share links. They read, whatever the links allow."""

    def __init__(self, links: frozenset[uuid.UUID]) -> None:
        self.links = links


class Right(IntEnum):
    """What a person may do with a document; each right includes those below it."""

    VIEW = 1
    COMMENT = 2
    EDIT = 3
    OWN = 4


RIGHT_OF_ROLE = {
    MemberRole.VIEWER: Right.VIEW,
    MemberRole.COMMENTER: Right.COMMENT,
    MemberRole.EDITOR: Right.EDIT,
    MemberRole.OWNER: Right.OWN,
}


def documents_visible_to(user: Visitor) -> DocumentQuerySet:
    """Documents the user has a role on; none for a visitor."""
    if not user.is_authenticated:
        return Document.objects.none()
    return Document.objects.present().filter(members__user_id=user.pk)


def deleted_documents_of(user: Visitor) -> DocumentQuerySet:
    """Deleted documents that the user owns, and so may restore; none for a visitor."""
    if not user.is_authenticated:
        return Document.objects.none()
    return Document.objects.exclude(deleted_at=None).filter(
        members__user_id=user.pk, members__role=MemberRole.OWNER
    )


def right_on(document_id: uuid.UUID, user: Visitor) -> Right | None:
    """The user's right on a document, deleted ones included; None where there is none."""
    if isinstance(user, Guest):
        return Right.VIEW if link_of(document_id, user) else None
    if not user.is_authenticated or not user.is_active:
        return None
    role = (
        Member.objects.filter(document_id=document_id, user_id=user.pk)
        .values_list("role", flat=True)
        .first()
    )
    return RIGHT_OF_ROLE[MemberRole(role)] if role else None


def link_of(document_id: uuid.UUID, guest: Guest) -> ShareLink | None:
    """What lets the guest into the document, as long as it does."""
    links = ShareLink.objects.open().filter(pk__in=guest.links, document_id=document_id)
    return links.first()


def rights_on(document_ids: Collection[uuid.UUID], user: Visitor) -> dict[uuid.UUID, Right]:
    """The user's right on each of these documents; those without any are left out."""
    if not user.is_authenticated:
        return {}
    members = Member.objects.filter(user_id=user.pk, document_id__in=document_ids)
    return {
        document_id: RIGHT_OF_ROLE[MemberRole(role)]
        for document_id, role in members.values_list("document_id", "role")
    }


def open_right(document_id: uuid.UUID, user: Visitor) -> Right | None:
    """The user's right on a document that may be opened; None if it is deleted or not shared."""
    if not Document.objects.present().filter(pk=document_id).exists():
        return None
    return right_on(document_id, user)


@dataclass(frozen=True, slots=True)
class Pass:
    """What somebody who stays was let in with: the session, and the password as it is stored, whose
    change ends every session that was begun with the old one. A guest has links, not an id."""

    user_id: int | None
    password: str
    session_key: str | None
    links: frozenset[uuid.UUID] = frozenset()

    @classmethod
    def of(cls, user: Visitor, session_key: str | None) -> Self:
        if isinstance(user, Guest):
            return cls(None, "", session_key, user.links)
        return cls(user.pk, getattr(user, "password", ""), session_key)


def rights_now(document_id: uuid.UUID, passes: Collection[Pass]) -> dict[Pass, Right | None]:
    """What those who have the document open may do now; None: nothing any more.

    Whose session has ended, or was begun with an earlier password, is left out.
    """
    users = {each.user_id for each in passes if each.user_id is not None}
    passwords = dict(
        get_user_model().objects.filter(pk__in=users).values_list("pk", "password").order_by()
    )
    keys = {each.session_key for each in passes if each.session_key}
    sessions = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    alive = set(sessions.values_list("session_key", flat=True))
    members = Member.objects.filter(
        document_id=document_id,
        document__deleted_at=None,
        user_id__in=users,
        user__is_active=True,
    )
    roles = dict(members.values_list("user_id", "role"))
    rights = {user_id: RIGHT_OF_ROLE[MemberRole(role)] for user_id, role in roles.items()}
    opened = frozenset(chain.from_iterable(each.links for each in passes))
    links = _still_open(document_id, opened) if opened else opened
    return {
        each: Right.VIEW if each.links & links else rights.get(each.user_id or 0)
        for each in passes
        if passwords.get(each.user_id or 0, each.password) == each.password
        and (each.session_key is None or each.session_key in alive)
    }


def _still_open(document_id: uuid.UUID, links: Collection[uuid.UUID]) -> frozenset[uuid.UUID]:
    found = ShareLink.objects.open().filter(
        pk__in=links, document_id=document_id, document__deleted_at=None
    )
    return frozenset(found.values_list("pk", flat=True))


def policy_of(section: Section, document: Document) -> AgentPolicy:
    """What agents may do in the section: what it says itself, else what its document says."""
    return AgentPolicy(section.agent_policy or document.agent_policy)


def sections_with_policy(policy: AgentPolicy) -> QuerySet[Section]:
    """As `policy_of`, in the database."""
    return Section.objects.filter(
        Q(agent_policy=policy) | Q(agent_policy="", document__agent_policy=policy)
    )


def readers_of(document_id: uuid.UUID) -> QuerySet[User]:
    """The people with a role on the document."""
    return User.objects.filter(memberships__document_id=document_id, is_active=True).order_by(
        "username"
    )


def notifications_for(user: Visitor) -> NotificationQuerySet:
    """What the user may still be told of: nothing of a document that is deleted or was taken from
    them, nor of a section that is deleted. A batch is its owner's."""
    if not user.is_authenticated or not user.is_active:
        return Notification.objects.none()
    return (
        Notification.objects.filter(
            Q(document__in=documents_visible_to(user)) | Q(document=None), user_id=user.pk
        )
        .exclude(comment__thread__section__deleted_at__isnull=False)
        .select_related("document", "actor", "comment__thread__section")
    )


def get_notification(notification_id: uuid.UUID, user: Visitor) -> Notification:
    """One of the user's own; raises NotFound."""
    found = notifications_for(user).filter(pk=notification_id).first()
    if found is None:
        raise nothing_here()
    return found


def has_section(document_id: uuid.UUID, section_id: uuid.UUID) -> bool:
    """Whether the section belongs to the document and is not deleted."""
    return Section.objects.present().filter(pk=section_id, document_id=document_id).exists()


def _require(document_id: uuid.UUID, user: Visitor, need: Right) -> None:
    right = right_on(document_id, user)
    if right is None:
        raise nothing_here()
    if right < need:
        raise Forbidden(_("Your role on this document does not allow that."))


def get_document(
    document_id: uuid.UUID, user: Visitor, need: Right = Right.VIEW, *, deleted: bool = False
) -> Document:
    """The document, if `user` may; raises NotFound or Forbidden. `deleted` finds a deleted one."""
    found = Document.objects.filter(pk=document_id, deleted_at__isnull=not deleted).first()
    if found is None:
        raise nothing_here()
    _require(document_id, user, need)
    return found


def get_section(
    section_id: uuid.UUID, user: Visitor, need: Right = Right.VIEW, *, deleted: bool = False
) -> Section:
    """The section with its document, if `user` may; raises NotFound or Forbidden."""
    section = (
        Section.objects.select_related("document")
        .filter(pk=section_id, deleted_at__isnull=not deleted, document__deleted_at=None)
        .first()
    )
    if section is None:
        raise nothing_here()
    _require(section.document_id, user, need)
    return section


def get_image(document_id: uuid.UUID, image_id: uuid.UUID, user: Visitor) -> Image:
    """The image of a document that `user` may read; raises NotFound."""
    found = Image.objects.filter(
        pk=image_id, document_id=document_id, document__deleted_at=None
    ).first()
    if found is None:
        raise nothing_here()
    _require(document_id, user, Right.VIEW)
    return found


def get_comment(comment_id: int, user: Visitor, need: Right = Right.COMMENT) -> Comment:
    """The comment with its thread's section, if `user` may; raises NotFound or Forbidden."""
    comment = Comment.objects.filter(pk=comment_id).first()
    if comment is None:
        raise nothing_here()
    comment.thread = get_thread(comment.thread_id, user, need)
    return comment


def get_thread(thread_id: uuid.UUID, user: Visitor, need: Right = Right.COMMENT) -> Thread:
    """The thread with its section, if `user` may; raises NotFound or Forbidden."""
    thread = (
        Thread.objects.select_related("section__document")
        .filter(pk=thread_id, section__deleted_at=None, section__document__deleted_at=None)
        .first()
    )
    if thread is None:
        raise nothing_here()
    _require(thread.section.document_id, user, need)
    return thread


def get_version(version_id: int, user: Visitor, need: Right = Right.VIEW) -> Version:
    """The version with its document, if `user` may; raises NotFound or Forbidden."""
    version = (
        Version.objects.select_related("document")
        .filter(pk=version_id, document__deleted_at=None)
        .first()
    )
    if version is None:
        raise nothing_here()
    _require(version.document_id, user, need)
    return version


def get_reversion(reversion_id: uuid.UUID, user: Visitor) -> Reversion:
    """Somebody's going back, if `user` may undo it; raises NotFound or Forbidden."""
    reversion = (
        Reversion.objects.select_related("document", "before", "target")
        .filter(pk=reversion_id, document__deleted_at=None)
        .first()
    )
    if reversion is None:
        raise nothing_here()
    _require(reversion.document_id, user, Right.EDIT)
    return reversion


def get_decisions(batch: uuid.UUID, user: Visitor) -> list[Decision]:
    """What `user` decided in one go, in the order in which sections are locked, as long as it can
    be taken back; raises NotFound or Forbidden."""
    found = list(
        Decision.objects.select_related("section")
        .filter(batch=batch, section__deleted_at=None, section__document__deleted_at=None)
        .order_by("section")
    )
    if not found:
        raise nothing_here()
    _require(found[0].section.document_id, user, Right.EDIT)
    if found[0].decided_by_id != user.pk:
        raise Forbidden(_("Only the one who decided this can take it back."))
    return found


def get_reading(reading_id: uuid.UUID, user: Visitor) -> Reading:
    """The reading with its section, if `user` may take it back; raises NotFound or Forbidden."""
    reading = (
        Reading.objects.select_related("section__document")
        .filter(pk=reading_id, section__deleted_at=None, section__document__deleted_at=None)
        .first()
    )
    if reading is None:
        raise nothing_here()
    _require(reading.section.document_id, user, Right.EDIT)
    return reading


def get_member(member_id: int, user: Visitor) -> Member:
    """Somebody's membership, if `user` may manage it; raises NotFound or Forbidden."""
    member = (
        Member.objects.select_related("document", "user")
        .filter(pk=member_id, document__deleted_at=None)
        .first()
    )
    if member is None:
        raise nothing_here()
    _require(member.document_id, user, Right.OWN)
    return member


def get_own_membership(document_id: uuid.UUID, user: AbstractBaseUser) -> Member:
    """The user's own; raises NotFound."""
    get_document(document_id, user)
    return Member.objects.select_related("document").get(document_id=document_id, user_id=user.pk)


def get_removed_from(document_id: uuid.UUID, user: Visitor, *, is_own: bool) -> Document:
    """The document that somebody was taken out of; `is_own`: that was the user, by leaving, whom
    nothing but that ties to it. Raises NotFound or Forbidden."""
    if not is_own:
        return get_document(document_id, user, Right.OWN)
    found = Document.objects.present().filter(pk=document_id).first()
    if found is None:
        raise nothing_here()
    return found


def get_invitation(invitation_id: uuid.UUID, user: Visitor, *, revoked: bool = False) -> Invitation:
    """The invitation, if `user` may manage it; raises NotFound or Forbidden."""
    invitation = (
        Invitation.objects.select_related("document")
        .filter(pk=invitation_id, revoked_at__isnull=not revoked, document__deleted_at=None)
        .first()
    )
    if invitation is None:
        raise nothing_here()
    _require(invitation.document_id, user, Right.OWN)
    return invitation


def get_link(link_id: uuid.UUID, user: Visitor, *, revoked: bool = False) -> ShareLink:
    """The share link, if `user` may manage it; raises NotFound or Forbidden."""
    link = (
        ShareLink.objects.select_related("document")
        .filter(pk=link_id, revoked_at__isnull=not revoked, document__deleted_at=None)
        .first()
    )
    if link is None:
        raise nothing_here()
    _require(link.document_id, user, Right.OWN)
    return link
