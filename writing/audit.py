"""The audit log: what was done to rights, secrets, accounts and settings, and by whom.

Other apps name their events when they are ready. Secrets never belong into an entry, only that
there was one, or that it was changed.
"""

import uuid
from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from writing.models import AuditEntry, GivenRole, MemberRole, SignUp

Label = str | Promise
Detail = str | int | bool | list[str] | None
TARGET_CHARACTERS = 200

_events: dict[str, Label] = {
    "member.added": _("Given access"),
    "member.role_changed": _("Role on a document changed"),
    "member.removed": _("Access taken away"),
    "member.left": _("Left a document"),
    "link.created": _("Link made"),
    "link.revoked": _("Link closed"),
    "link.restored": _("Link opened again"),
    "invitation.sent": _("Invited"),
    "invitation.accepted": _("Invitation accepted"),
    "invitation.revoked": _("Invitation taken back"),
    "invitation.restored": _("Invited again"),
    "document.exported": _("Document exported"),
    "document.deleted": _("Document deleted"),
    "document.restored": _("Document restored"),
    "token.created": _("API token made"),
    "token.revoked": _("API token revoked"),
    "token.restored": _("API token opened again"),
    "account.created": _("Account made"),
    "account.changed": _("Account changed by an administrator"),
    "account.deleted": _("Account deleted"),
    "account.leaving": _("Asked for the end of an account"),
    "account.kept": _("Kept an account after all"),
    "account.exported": _("Own data downloaded"),
    "account.password_changed": _("Password changed"),
    "account.mfa_added": _("Second step of signing in added"),
    "account.mfa_removed": _("Second step of signing in removed"),
    "account.mfa_renewed": _("New recovery codes"),
    "account.mfa_reset": _("Second step removed for somebody"),
    "account.sessions_ended": _("Signed out elsewhere"),
    "policy.created": _("Rule for accounts set"),
    "policy.changed": _("Rule for accounts changed"),
    "site.backed_up": _("Backed up"),
    "site.restored": _("Restored from a backup"),
    "group.created": _("Group made"),
    "group.changed": _("Group changed"),
    "group.deleted": _("Group deleted"),
}
_details: dict[str, Label] = {
    "role": _("role"),
    "before": _("before"),
    "fields": _("changed"),
    "format": _("format"),
    "days": _("days"),
    "scopes": _("scopes"),
    "password": _("with a password"),
    "link": _("by a link"),
    "staff": _("administrator"),
    "superuser": _("all rights"),
    "active": _("may sign in"),
    "groups": _("groups"),
    "how": _("how"),
    "sign_up": _("who may make an account"),
    "count": _("how many"),
    "for_good": _("for good"),
    "made_at": _("as of"),
}
_values: dict[Detail, Label] = {
    **dict(MemberRole.choices),
    **dict(GivenRole.choices),
    **dict(SignUp.choices),
    "totp": _("codes of an app"),
    "webauthn": _("passkey"),
    "recovery_codes": _("recovery codes"),
}


def register(events: Mapping[str, Label], details: Mapping[str, Label] | None = None) -> None:
    """To be called once by an app that has events of its own, when it is ready."""
    _events.update(events)
    _details.update(details or {})


def events() -> Mapping[str, Label]:
    """What each event is called."""
    return _events


def record(
    event: str,
    *,
    actor: AbstractBaseUser | AnonymousUser | None,
    person: AbstractBaseUser | int | None = None,
    document: uuid.UUID | None = None,
    target: str = "",
    details: Mapping[str, Detail] | None = None,
) -> AuditEntry:
    """Write it down, in the transaction of what is done, so that one is not without the other.

    `actor`: None for a command. `person`: whom it concerns, where that is somebody else. Raises
    KeyError for an event that no app has named.
    """
    _events[event]
    return AuditEntry.objects.create(
        event=event,
        actor_id=actor.pk if actor is not None else None,
        person_id=person.pk if isinstance(person, AbstractBaseUser) else person,
        document_id=document,
        target=Truncator(target).chars(TARGET_CHARACTERS),
        details=dict(details or {}),
    )


def details_in_words(entry: AuditEntry) -> str:
    said = []
    for name, value in entry.details.items():
        label = _details.get(name, name)
        if value is True:
            said.append(str(label))
        elif value not in (None, "", [], False):
            words = ", ".join(value) if isinstance(value, list) else str(_values.get(value, value))
            said.append(f"{label}: {words}")
        elif value is False:
            said.append(str(_("not %(what)s") % {"what": label}))
    return "; ".join(said)
