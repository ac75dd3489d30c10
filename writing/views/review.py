from uuid import UUID

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from writing import access
from writing.access import Right
from writing.actions import comments
from writing.actions import review as actions
from writing.exceptions import InvalidInput
from writing.forms import CommentForm
from writing.models import Comment, Document, Thread
from writing.suggestion_cards import cards_of
from writing.views.pages import Request, add_toast, close_dialog, refuse, render_part


@require_GET
def review(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user)
    return render_review(request, document)


@require_http_methods(["GET", "POST"])
def comment(request: Request, section_id: UUID) -> HttpResponse:
    """The form, with the words that were chosen; then the thread on them."""
    section = access.get_section(section_id, request.user, Right.COMMENT)
    template = ("writing/comment_form.html", "dialog")
    if request.method != "POST":
        context = {"section": section, "form": CommentForm(initial=request.GET.dict())}
        return render_part(request, *template, context)
    form = CommentForm(request.POST)
    context = {"section": section, "form": form}
    if not form.is_valid():
        return refuse(request, form, *template, context)
    said = form.cleaned_data
    try:
        comments.comment_on(
            section,
            acting_user=request.user,
            body=said["body"],
            first=said["first"],
            last=said["last"],
        )
    except InvalidInput as error:
        form.add_error(None, str(error))
        return refuse(request, form, *template, context)
    if not request.htmx:
        return redirect("writing:manuscript", section.document_id)
    return close_dialog(
        request, add_toast(HttpResponse(), request, _("Your comment is in Review."))
    )


@require_POST
def reply(request: Request, thread_id: UUID) -> HttpResponse:
    thread = access.get_thread(thread_id, request.user)
    actions.reply(thread, acting_user=request.user, body=request.POST.get("body", ""))
    return _answer(request, thread)


@require_POST
def resolve_thread(request: Request, thread_id: UUID) -> HttpResponse:
    thread = access.get_thread(thread_id, request.user)
    actions.resolve_thread(thread, acting_user=request.user)
    return _answer(request, thread)


@require_POST
def reopen_thread(request: Request, thread_id: UUID) -> HttpResponse:
    thread = access.get_thread(thread_id, request.user)
    actions.reopen_thread(thread, acting_user=request.user)
    return _answer(request, thread)


def _answer(request: Request, thread: Thread) -> HttpResponse:
    document = thread.section.document
    if not request.htmx:
        return redirect("writing:manuscript", document.pk)
    return render_review(request, document)


def render_review(request: Request, document: Document) -> HttpResponse:
    comments = Comment.objects.select_related("user")
    threads = (
        Thread.objects.filter(section__document=document, section__deleted_at=None)
        .select_related("section", "resolved_by")
        .prefetch_related(Prefetch("comments", comments))
        .order_by("section__position", "section_id", "created_at")
    )
    right = access.right_on(document.pk, request.user) or Right.VIEW
    context = {
        "document": document,
        "open_threads": [thread for thread in threads if thread.resolved_at is None],
        "resolved_threads": [thread for thread in threads if thread.resolved_at is not None],
        "can_comment": right >= Right.COMMENT,
        "can_edit": right >= Right.EDIT,
        **cards_of(document, request.GET.get("by") or request.POST.get("by") or ""),
        # A reply that was sent leaves an empty form; one that is being typed outlives a refresh.
        "remarks_made": comments.filter(
            user=request.user, thread__section__document=document
        ).count(),
    }
    return render_part(request, "writing/review.html", "review", context)
