"""The link in an invitation's mail."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from writing.actions import invitations
from writing.admission import remember_invitation
from writing.people import identity_of
from writing.views.pages import without_referrer


@login_not_required
@never_cache
@without_referrer
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Ask before joining. Without an account, one can be made with it."""
    found = invitations.find_invitation(token)
    manuscript = reverse("writing:manuscript", args=[found.document_id])
    if request.method != "POST":
        context = {"invitation": found, "inviter": identity_of(found.invited_by)["name"]}
        return render(request, "writing/invitation.html", context)
    if not request.user.is_authenticated:
        remember_invitation(request.session, found)
        # Whoever has the link has read the mail of this address.
        get_adapter(request).stash_verified_email(request, found.email)
        # The new account is in as soon as it is made: see writing.accounts.
        return redirect(f"{reverse('account_signup')}?next={manuscript}")
    invitations.accept_invitation(found, acting_user=request.user)
    return redirect(manuscript)
