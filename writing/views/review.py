from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from writing import access
from writing.access import Right
from writing.actions import comments
from writing.actions import review as actions
from writing.exceptions import InvalidInput
from writing.forms import CommentForm
from writing.mentions import mentionable_in
from writing.models import Comment, Document, Thread
from writing.review import Filters, review_of
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
    mentionable = reverse("writing:mentionable", args=[section_id])
    if request.method != "POST":
        form = CommentForm(initial=request.GET.dict(), mentionable=mentionable)
        return render_part(request, *template, {"section": section, "form": form})
    form = CommentForm(request.POST, mentionable=mentionable)
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


@require_GET
def mentionable(request: Request, section_id: UUID) -> HttpResponse:
    """Whom a comment in the section may turn to, for the completion of what is typed."""
    section = access.get_section(section_id, request.user, Right.COMMENT)
    people = [
        {
            "name": who.name,
            "handle": who.handle,
            "tone": who.tone,
            "kind": _("Agent") if who.role else "",
        }
        for who in mentionable_in(section)
        if who.user_id != request.user.pk
    ]
    return JsonResponse({"people": people})


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
    right = access.right_on(document.pk, request.user) or Right.VIEW
    mine = Comment.objects.filter(user=request.user, thread__section__document=document)
    context = {
        "document": document,
        # What the panel shows is chosen in its form, which each of its requests brings along.
        "review": review_of(document, Filters.read(request.GET.dict() | request.POST.dict())),
        "can_comment": right >= Right.COMMENT,
        "can_edit": right >= Right.EDIT,
        **cards_of(document, request.GET.get("by") or request.POST.get("by") or ""),
        # A reply that was sent leaves an empty form; one that is being typed outlives a refresh.
        "remarks_made": mine.count(),
    }
    return render_part(request, "writing/review.html", "review", context)
