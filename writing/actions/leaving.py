"""The end of an account: asked for, taken back, and done when it is due."""

import uuid
from collections.abc import Mapping
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from writing.actions.members import add_member
from writing.announce import announce
from writing.audit import record
from writing.belongings import delete_all, stop_all
from writing.exceptions import InvalidInput
from writing.models import (
    ApiToken,
    Document,
    Invitation,
    KeptAnswer,
    Leaving,
    Mailing,
    Member,
    MemberRole,
    Notification,
    NotificationChoice,
    ShareLink,
    SpokenLanguage,
)
from writing.people import name_of_deleted
from writing.tokens import new_token

WAITING_DAYS = 7
DELETED_AT_ONCE = 20


def documents_owned_alone(
    user: AbstractBaseUser, *, shared: bool | None = None
) -> QuerySet[Document]:
    """Documents that nobody else owns, the deleted ones too. `shared`: only those that others are
    in, or that nobody else is."""
    owners = Count("members", filter=Q(members__role=MemberRole.OWNER))
    own = Member.objects.filter(user_id=user.pk, role=MemberRole.OWNER)
    found = (
        Document.objects.filter(pk__in=own.values("document"))
        .annotate(owners=owners, people=Count("members"))
        .filter(owners=1)
        .order_by("title", "pk")
    )
    if shared is None:
        return found
    return found.filter(people__gt=1) if shared else found.filter(people=1)


def ask_to_leave(user: User, *, heirs: Mapping[uuid.UUID, int]) -> Leaving:
    """The account ends in some days; until then nobody is signed in with it, no program has its
    tokens, and its runs stand still. `heirs`: who is to own which document. Raises InvalidInput
    for the last administrator, and for heirs who are not in the document."""
    with transaction.atomic():
        _refuse_last_administrator(user)
        for document_id, heir in heirs.items():
            if heir == user.pk or not _is_member(document_id, heir):
                raise InvalidInput(_("Choose somebody who is in the document."))
        leaving, _is_new = Leaving.objects.update_or_create(
            user=user,
            defaults={
                "heirs": {str(pk): heir for pk, heir in heirs.items()},
                "due_at": timezone.now() + timedelta(days=WAITING_DAYS),
            },
        )
        _end_sessions(user)
        ApiToken.objects.filter(user=user).delete()
        record("account.leaving", actor=user, person=user)
    stop_all(user)
    return leaving


def keep_account(user: User) -> None:
    with transaction.atomic():
        kept, _rows = Leaving.objects.filter(user=user).delete()
        if kept:
            record("account.kept", actor=user, person=user)


def due_accounts() -> list[User]:
    """Whose time is over, the longest first."""
    due = Leaving.objects.filter(due_at__lte=timezone.now()).order_by("due_at")
    return [each.user for each in due.select_related("user")[:DELETED_AT_ONCE]]


def delete_for(user: User, *, heir: User | None, acting_user: AbstractBaseUser) -> None:
    """At once, by an administrator. `heir` is to own what nobody else owns; without one it is
    deleted. Raises InvalidInput for the last administrator, and for oneself."""
    if user.pk == acting_user.pk:
        raise InvalidInput(_("Delete your own account on its page."))
    if heir is not None and heir.pk == user.pk:
        raise InvalidInput(_("Choose somebody else."))
    with transaction.atomic():
        _refuse_last_administrator(user)
        if heir is not None:
            for document in documents_owned_alone(user):
                add_member(
                    document,
                    acting_user=acting_user,
                    user_id=heir.pk,
                    role=MemberRole.OWNER,
                    added_by_id=acting_user.pk,
                )
        Leaving.objects.update_or_create(user=user, defaults={"due_at": timezone.now()})
    delete_account(user, acting_user=acting_user)


def delete_account(user: User, *, acting_user: AbstractBaseUser | None = None) -> bool:
    """Now. What others rely on stays, as a deleted person's; what was theirs alone goes, for good.
    False if they keep it, or another worker was first."""
    stop_all(user)
    with transaction.atomic():
        leaving = Leaving.objects.select_for_update().filter(user=user).first()
        if leaving is None or leaving.due_at > timezone.now():
            return False
        for document in documents_owned_alone(user):
            _hand_over(document, user, leaving.heirs.get(str(document.pk)))
        for document_id in Member.objects.filter(user=user).values_list("document", flat=True):
            announce(document_id, "document-changed", by=user.pk)
        delete_all(user)
        _delete_own(user)
        _make_nobody(user)
        leaving.delete()
        record("account.deleted", actor=acting_user, person=user)
    return True


def _refuse_last_administrator(user: User) -> None:
    others = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    if user.is_superuser and not others.exclude(pk=user.pk).exists():
        raise InvalidInput(_("This is the only administrator. Make somebody else one first."))


def _is_member(document_id: uuid.UUID, user_id: int) -> bool:
    found = Member.objects.filter(document=document_id, user=user_id, user__is_active=True)
    return found.exists()


def _hand_over(document: Document, user: User, heir: int | None) -> None:
    """To whom it was promised, if they are still in it; else it is deleted."""
    if heir is not None and _is_member(document.pk, heir):
        members = Member.objects.filter(document=document, user_id=heir)
        before = members.get().role
        members.update(role=MemberRole.OWNER)
        details = {"role": MemberRole.OWNER.value, "before": before}
        record(
            "member.role_changed", actor=user, person=heir, document=document.pk, details=details
        )
        return
    announce(document.pk, "document-changed", deleted=True, by=user.pk)
    record("document.deleted", actor=user, document=document.pk, details={"for_good": True})
    document.delete()


def _end_sessions(user: User) -> None:
    own = UserSession.objects.filter(user=user)
    Session.objects.filter(session_key__in=own.values("session_key")).delete()
    own.delete()


def _delete_own(user: User) -> None:
    _end_sessions(user)
    for rows in (
        Authenticator.objects.filter(user=user),
        EmailAddress.objects.filter(user=user),
        ApiToken.objects.filter(user=user),
        KeptAnswer.objects.filter(user=user),
        Member.objects.filter(user=user),
        Notification.objects.filter(user=user),
        NotificationChoice.objects.filter(user=user),
        Mailing.objects.filter(user=user),
        SpokenLanguage.objects.filter(user=user),
    ):
        rows.delete()
    Invitation.objects.filter(invited_by=user).delete()
    Invitation.objects.filter(email__iexact=user.email).exclude(email="").delete()
    ShareLink.objects.filter(created_by=user).delete()


def _make_nobody(user: User) -> None:
    """The row stays, since texts, comments and runs name it."""
    user.username = name_of_deleted(user.pk)
    if User.objects.filter(username=user.username).exists():  # somebody calls themselves so
        user.username += f"-{new_token()}"
    user.first_name = user.last_name = user.email = ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    ).update(object_repr=user.username)
