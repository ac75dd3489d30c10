"""Following a share link: by its address to a page without the secret in it, and from there in."""

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from writing import access
from writing.actions import links
from writing.admission import followed_link, is_unlocked, remember_link, unlock
from writing.exceptions import TooMany, nothing_here
from writing.models import MemberRole, ShareLink
from writing.people import identity_of
from writing.views.pages import without_referrer


@login_not_required
@never_cache
@without_referrer
@require_GET
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    link = links.find_link(token)
    remember_link(request.session, link)
    return redirect("writing:link", link.pk)


@login_not_required
@never_cache
@without_referrer
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, link_id: UUID) -> HttpResponse:
    """Who is signed in is asked before joining; who is not reads."""
    found = followed_link(request.session, link_id)
    if found is None:
        raise nothing_here()
    if not is_unlocked(request.session, found):
        return _ask_password(request, found)
    if not request.user.is_authenticated or _is_in(request, found):
        return redirect("writing:manuscript", found.document_id)
    if request.method == "POST":
        links.join_by_link(found, acting_user=request.user)
        return redirect("writing:manuscript", found.document_id)
    context = {"link": found, "sharer": identity_of(found.created_by)["name"]}
    return render(request, "writing/link.html", context)


def _is_in(request: HttpRequest, found: ShareLink) -> bool:
    """Whether the link would let them do nothing that they cannot do already."""
    right = access.right_on(found.document_id, request.user)
    return right is not None and right >= access.RIGHT_OF_ROLE[MemberRole(found.role)]


def _ask_password(request: HttpRequest, found: ShareLink) -> HttpResponse:
    problem, status = "", 200
    if request.method == "POST":
        try:
            if links.is_password_of(found, request.POST.get("password", "")):
                unlock(request.session, found)
                return redirect("writing:link", found.pk)
            problem, status = _("That is not the password of this link."), 422
        except TooMany as error:
            problem, status = str(error), error.status
    context = {"problem": problem}
    return render(request, "writing/link_password.html", context, status=status)
