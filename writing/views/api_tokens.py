"""The tokens of one's programs: made, shown once, revoked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from writing.actions import api_tokens as actions
from writing.exceptions import InvalidInput
from writing.forms import TokenForm
from writing.models import ApiToken
from writing.views.pages import Request

TOKENS_ON_A_PAGE = 20


@never_cache
@require_http_methods(["GET", "POST"])
def tokens(request: Request) -> HttpResponse:
    form = TokenForm(request.POST or None)
    if not form.is_valid():
        return _show(request, form, status=422 if form.is_bound else 200)
    try:
        row, token = actions.create_token(request.user, **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(None, str(error))
        return _show(request, form, status=error.status)
    # Not after a redirect: nothing but this answer ever knows it.
    return _show(request, TokenForm(), made=row, token=token)


@require_POST
def revoke_token(request: Request, token_id: UUID) -> HttpResponse:
    token = actions.get_token(token_id, request.user)
    actions.revoke_token(token, acting_user=request.user)
    message = _("“%(name)s” was revoked: it opens nothing any more.") % {"name": token.name}
    messages.info(request, message, extra_tags=reverse("writing:restore_token", args=[token_id]))
    return redirect("writing:tokens")


@require_POST
def restore_token(request: Request, token_id: UUID) -> HttpResponse:
    token = actions.get_token(token_id, request.user, revoked=True)
    actions.restore_token(token, acting_user=request.user)
    page = reverse("writing:tokens")
    return HttpResponseClientRedirect(page) if request.htmx else redirect(page)


def _show(request: Request, form: TokenForm, *, status: int = 200, **said: Any) -> HttpResponse:
    kept = ApiToken.objects.kept().filter(user=request.user)
    page = Paginator(kept, TOKENS_ON_A_PAGE).get_page(request.GET.get("page", "1"))
    context = {"form": form, "page": page, **said}
    return render(request, "writing/tokens.html", context, status=status)
