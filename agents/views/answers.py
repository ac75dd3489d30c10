from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from agents.actions import answers
from agents.exceptions import NothingToDo
from agents.models import Run
from writing.access import get_comment
from writing.views.pages import Request


@require_POST
def retry_answer(request: Request, comment_id: int) -> HttpResponse:
    """Whoever may comment may have an agent try again to answer."""
    comment = get_comment(comment_id, request.user)
    run = Run.objects.filter(pk=comment.run).first() if comment.run else None
    if run is None:
        raise NothingToDo(_("There is nothing to try again here."))
    answers.retry_answer(run, acting_user=request.user)
    if not request.htmx:
        return redirect("writing:review", comment.thread.section.document_id)
    return trigger_client_event(HttpResponse(status=204), "review-changed")
