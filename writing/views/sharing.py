"""The Share dialog: who is in, who is invited, and what each of them may do."""

import logging
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from writing import access
from writing.access import Right
from writing.actions import invitations, links, members
from writing.actions.members import Removal
from writing.exceptions import WritingError, nothing_here
from writing.models import Document, GivenRole, Invitation, MemberRole
from writing.people import identity_of
from writing.tries import count_try
from writing.views.pages import Request, render_part

logger = logging.getLogger(__name__)

HOUR_SECONDS = 3600
INVITATIONS_AN_HOUR = 30
# How long a link stays open.
LINK_DAYS, NEVER = ("1", "7", "30"), "never"


@require_GET
def share(request: Request, document_id: UUID) -> HttpResponse:
    return _show(request, access.get_document(document_id, request.user))


@require_POST
def invite(request: Request, document_id: UUID) -> HttpResponse:
    """By username: they are in at once. By address: they are sent a link."""
    document = access.get_document(document_id, request.user, Right.OWN)
    who, role = request.POST.get("who", "").strip(), request.POST.get("role", "")
    given = GivenRole(role) if role in GivenRole else GivenRole.VIEWER
    tried = {"who": who, "role": given}
    try:
        count_try(f"invite {request.user.pk}", most=INVITATIONS_AN_HOUR, seconds=HOUR_SECONDS)
        if "@" not in who:
            members.add_by_name(document, acting_user=request.user, name=who, role=given)
            return _show(request, document)
        invitation, token = invitations.invite(
            document, acting_user=request.user, email=who, role=given
        )
    except WritingError as error:
        return _refuse(request, document, error, **tried)
    return _show(request, document, said=_mail(request, invitation, token))


@require_POST
def change_role(request: Request, member_id: int) -> HttpResponse:
    member = access.get_member(member_id, request.user)
    role = request.POST.get("role", "")
    if role not in MemberRole:
        raise nothing_here()
    try:
        members.change_role(member, role, acting_user=request.user)
    except WritingError as error:
        return _refuse(request, member.document, error)
    return _show(request, member.document)


@require_POST
def remove_member(request: Request, member_id: int) -> HttpResponse:
    member = access.get_member(member_id, request.user)
    try:
        removal = members.remove_member(member, acting_user=request.user)
    except WritingError as error:
        return _refuse(request, member.document, error)
    if member.user_id == request.user.pk:
        return _leave(request, member.document, removal)
    said = _("%(name)s is no longer in this document.") % {"name": identity_of(member.user)["name"]}
    return _show(request, member.document, said=said, undo=_undo(removal))


@require_POST
def leave(request: Request, document_id: UUID) -> HttpResponse:
    member = access.get_own_membership(document_id, request.user)
    try:
        removal = members.remove_member(member, acting_user=request.user)
    except WritingError as error:
        return _refuse(request, member.document, error)
    return _leave(request, member.document, removal)


@require_POST
def restore_member(request: Request, document_id: UUID, removed: str) -> HttpResponse:
    """Whoever took somebody out takes that back, and so does who left."""
    removal = Removal.read(removed)
    is_own = removal.user_id == removal.removed_by_id == request.user.pk
    if removal.document_id != str(document_id):
        raise nothing_here()
    document = access.get_removed_from(document_id, request.user, is_own=is_own)
    members.restore_member(document, removal, acting_user=request.user)
    if is_own:
        return _go(request, reverse("writing:manuscript", args=[document_id]))
    return _show(request, document)


@require_POST
def revoke_invitation(request: Request, invitation_id: UUID) -> HttpResponse:
    invitation = access.get_invitation(invitation_id, request.user)
    invitations.revoke_invitation(invitation, acting_user=request.user)
    said = _("%(address)s is no longer invited.") % {"address": invitation.email}
    undo = reverse("writing:restore_invitation", args=[invitation_id])
    return _show(request, invitation.document, said=said, undo=undo)


@require_POST
def restore_invitation(request: Request, invitation_id: UUID) -> HttpResponse:
    invitation = access.get_invitation(invitation_id, request.user, revoked=True)
    invitations.restore_invitation(invitation, acting_user=request.user)
    return _show(request, invitation.document)


@require_POST
def create_link(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.OWN)
    role, days = request.POST.get("role", ""), request.POST.get("days", "")
    _link, token = links.create_link(
        document,
        acting_user=request.user,
        role=GivenRole(role) if role in GivenRole else GivenRole.VIEWER,
        days=None if days == NEVER else int(days if days in LINK_DAYS else LINK_DAYS[-1]),
        password=request.POST.get("password", ""),
    )
    address = request.build_absolute_uri(reverse("writing:follow_link", args=[token]))
    # Not after a redirect: nothing but this answer ever knows the address.
    return _show(request, document, address=address)


@require_POST
def revoke_link(request: Request, link_id: UUID) -> HttpResponse:
    link = access.get_link(link_id, request.user)
    links.revoke_link(link, acting_user=request.user)
    undo = reverse("writing:restore_link", args=[link_id])
    return _show(request, link.document, said=_("The link is closed."), undo=undo)


@require_POST
def restore_link(request: Request, link_id: UUID) -> HttpResponse:
    link = access.get_link(link_id, request.user, revoked=True)
    links.restore_link(link, acting_user=request.user)
    return _show(request, link.document)


def _mail(request: Request, invitation: Invitation, token: str) -> str:
    """Send the link; gives what to tell who invited."""
    context = {
        "document": invitation.document,
        "inviter": identity_of(request.user)["name"],
        "role": invitation.get_role_display(),
        "days": invitations.INVITATION_DAYS,
        "link": request.build_absolute_uri(reverse("writing:invitation", args=[token])),
    }
    try:
        get_adapter(request).send_mail("writing/email/invitation", invitation.email, context)
    except OSError:
        logger.exception("An invitation could not be mailed")
        return _(
            "The mail to %(address)s could not be sent. Take the invitation back and try again "
            "later, or ask your administrator."
        ) % {"address": invitation.email}
    return _("%(address)s was sent a link that lets them in.") % {"address": invitation.email}


def _undo(removal: Removal) -> str:
    return reverse("writing:restore_member", args=[removal.document_id, removal.sign()])


def _leave(request: Request, document: Document, removal: Removal) -> HttpResponse:
    message = _("You left “%(title)s”.") % {"title": document.title}
    messages.info(request, message, extra_tags=_undo(removal))
    return _go(request, reverse("writing:library"))


def _go(request: Request, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _refuse(
    request: Request, document: Document, error: WritingError, **tried: str
) -> HttpResponse:
    return _show(request, document, status=error.status, problem=str(error), **tried)


def _show(request: Request, document: Document, *, status: int = 200, **said: Any) -> HttpResponse:
    """The dialog as it is now. What is said stands in it: an open one covers all else."""
    if request.method == "POST" and status == 200 and not request.htmx and "address" not in said:
        return redirect("writing:share", document.pk)
    is_owner = access.right_on(document.pk, request.user) == Right.OWN
    context = {
        "document": document,
        "is_owner": is_owner,
        "members": document.members.select_related("user").order_by("pk"),
        "roles": MemberRole.choices,
        "given_roles": GivenRole.choices,
        "invitations": document.invitations.open() if is_owner else (),
        "links": document.links.open().select_related("created_by") if is_owner else (),
        "days": LINK_DAYS,
        **said,
    }
    return render_part(request, "writing/share.html", "dialog", context, status=status)
