import uuid

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from agents.access import get_run
from agents.actions import limits as actions
from agents.forms import LimitForm
from agents.views.panel import answer
from writing.access import Right
from writing.exceptions import InvalidInput
from writing.views.pages import Request


@require_POST
def raise_limit(request: Request, run_id: uuid.UUID) -> HttpResponse:
    """Set the limit of a run that stopped at it, and go on."""
    found = get_run(run_id, request.user, Right.EDIT)
    form = LimitForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(form.errors["limit"][0])
    actions.raise_limit(found, form.cleaned_data["limit"], acting_user=request.user)
    return answer(request, found.document)
