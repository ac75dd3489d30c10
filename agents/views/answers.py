from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from agents.actions import answers
from writing.access import get_comment
from writing.views.pages import Request


@require_POST
def retry_answer(request: Request, comment_id: int) -> HttpResponse:
    """Whoever may comment may have an agent try again to answer."""
    comment = get_comment(comment_id, request.user)
    answers.retry_answer(comment, acting_user=request.user)
    if not request.htmx:
        return redirect("writing:review", comment.thread.section.document_id)
    return trigger_client_event(HttpResponse(status=204), "review-changed")
