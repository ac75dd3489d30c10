"""Who is in a document, and as what."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from writing.access import RIGHT_OF_ROLE
from writing.actions.notifications import notify_of_sharing
from writing.audit import Detail, record
from writing.exceptions import InvalidInput, nothing_here
from writing.models import Document, Member, MemberRole

UNDO_SECONDS = 600
SALT = "writing.removed-member"


@dataclass(frozen=True, slots=True)
class Removal:
    """Who was taken out, what they had been, and who did it: enough to take it back."""

    document_id: str
    user_id: int
    role: str
    added_by_id: int | None
    removed_by_id: int

    def sign(self) -> str:
        fields = [self.document_id, self.user_id, self.role, self.added_by_id, self.removed_by_id]
        return signing.dumps(fields, salt=SALT)

    @classmethod
    def read(cls, signed: str) -> Self:
        """Raises NotFound where it is not ours, or too old."""
        try:
            return cls(*signing.loads(signed, salt=SALT, max_age=UNDO_SECONDS))
        except signing.BadSignature:
            raise nothing_here() from None


def add_member(
    document: Document,
    *,
    acting_user: AbstractBaseUser,
    user_id: int,
    role: str,
    added_by_id: int | None,
    by_link: bool = False,
) -> Member:
    """Let somebody in; who is in already keeps their role unless this one may do more."""
    with transaction.atomic():
        _lock(document)
        member, is_new = Member.objects.get_or_create(
            document=document,
            user_id=user_id,
            defaults={"role": role, "added_by_id": added_by_id},
        )
        more = RIGHT_OF_ROLE[MemberRole(role)] > RIGHT_OF_ROLE[MemberRole(member.role)]
        details: dict[str, Detail] = {"role": role} | ({"link": True} if by_link else {})
        if is_new:
            _record("member.added", member, acting_user, details)
        elif more:
            details["before"] = member.role
            member.role = role
            member.save(update_fields=["role"])
            _record("member.role_changed", member, acting_user, details)
    return member


def add_by_name(
    document: Document, *, acting_user: AbstractBaseUser, name: str, role: str
) -> Member:
    """Let the person with this username in; raises InvalidInput."""
    person = get_user_model().objects.filter(username=name, is_active=True).first()
    if person is None:
        raise InvalidInput(
            _("Nobody was found under this name. Check it, or enter the person's email address.")
        )
    if document.members.filter(user=person).exists():
        raise InvalidInput(_("%(name)s is in this document already.") % {"name": name})
    with transaction.atomic():
        member = add_member(
            document,
            acting_user=acting_user,
            user_id=person.pk,
            role=role,
            added_by_id=acting_user.pk,
        )
        notify_of_sharing(member)
    return member


def change_role(member: Member, role: str, *, acting_user: AbstractBaseUser) -> Member:
    """Raises InvalidInput where nobody would own the document any more."""
    with transaction.atomic():
        _lock(member.document)
        if role != MemberRole.OWNER:
            _keep_an_owner(member)
        details: dict[str, Detail] = {"role": role, "before": member.role}
        member.role = MemberRole(role)
        member.save(update_fields=["role"])
        _record("member.role_changed", member, acting_user, details)
    return member


def remove_member(member: Member, *, acting_user: AbstractBaseUser) -> Removal:
    """Take somebody out, or leave oneself; raises InvalidInput for the last owner."""
    with transaction.atomic():
        _lock(member.document)
        _keep_an_owner(member)
        event = "member.left" if member.user_id == acting_user.pk else "member.removed"
        _record(event, member, acting_user, {"before": member.role})
        member.delete()
    return Removal(
        str(member.document_id), member.user_id, member.role, member.added_by_id, acting_user.pk
    )


def restore_member(
    document: Document, removal: Removal, *, acting_user: AbstractBaseUser
) -> Member:
    return add_member(
        document,
        acting_user=acting_user,
        user_id=removal.user_id,
        role=removal.role,
        added_by_id=removal.added_by_id,
    )


def _record(
    event: str, member: Member, acting_user: AbstractBaseUser, details: dict[str, Detail]
) -> None:
    record(
        event,
        actor=acting_user,
        person=member.user_id,
        document=member.document_id,
        details=details,
    )


def _keep_an_owner(member: Member) -> None:
    """With the document locked."""
    owners = Member.objects.filter(document=member.document_id, role=MemberRole.OWNER)
    if owners.filter(pk=member.pk).exists() and owners.count() == 1:
        raise InvalidInput(_("A document needs an owner. Make somebody else an owner first."))


def _lock(document: Document) -> None:
    """One change of the people at a time: two owners must not step down at once."""
    Document.objects.select_for_update().only("pk").get(pk=document.pk)
