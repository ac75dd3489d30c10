"""Suggestions: deciding on them, taking that back, and proposing other words by a form."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from writing import access
from writing.access import Right
from writing.actions import suggestions as actions
from writing.actions.suggestions import Choice
from writing.exceptions import InvalidInput
from writing.forms import DecisionForm, SuggestForm
from writing.models import Document, Section
from writing.views.pages import Request, add_toast, close_dialog, refuse, render_part
from writing.views.review import render_review


@require_POST
def decide_in_section(request: Request, section_id: UUID) -> HttpResponse:
    section = access.get_section(section_id, request.user, Right.EDIT)
    return _decide(request, section.document, [section])


@require_POST
def decide_in_document(request: Request, document_id: UUID) -> HttpResponse:
    document = access.get_document(document_id, request.user, Right.EDIT)
    return _decide(request, document, list(document.sections.present()))


@require_POST
def take_back(request: Request, batch: UUID) -> HttpResponse:
    """Of a decision, by whoever made it."""
    decisions = access.get_decisions(batch, request.user)
    document_id = decisions[0].section.document_id
    actions.take_back(decisions, acting_user=request.user)
    if not request.htmx:
        return redirect("writing:review", document_id)
    return trigger_client_event(HttpResponse(), "review-changed")


@require_http_methods(["GET", "POST"])
def suggest(request: Request, section_id: UUID) -> HttpResponse:
    """The form, with the words that were chosen; then they are suggested."""
    section = access.get_section(section_id, request.user, Right.COMMENT)
    template = ("writing/suggest_form.html", "dialog")
    if request.method != "POST":
        return render_part(request, *template, _chosen(request, section))
    form = SuggestForm(request.POST)
    context = {"section": section, "form": form}
    if not form.is_valid():
        return refuse(request, form, *template, context)
    try:
        actions.suggest_replacement(section, acting_user=request.user, **form.cleaned_data)
    except InvalidInput as error:
        form.add_error(None, str(error))
        return refuse(request, form, *template, context)
    if not request.htmx:
        return redirect("writing:manuscript", section.document_id)
    return close_dialog(
        request, add_toast(HttpResponse(), request, _("Your suggestion is in Review."))
    )


def _chosen(request: Request, section: Section) -> dict[str, object]:
    """The form with the words that stand there now, in full."""
    given = SuggestForm(request.GET)
    if not given.is_valid():
        raise InvalidInput(_("Choose some words in the text first."))
    anchors = given.cleaned_data
    words = actions.words_between(section, anchors["first"], anchors["last"])
    initial = {**request.GET.dict(), "new_text": words}
    return {"section": section, "form": SuggestForm(initial=initial), "words": words}


def _decide(request: Request, document: Document, sections: Sequence[Section]) -> HttpResponse:
    form = DecisionForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(_("Choose whether to accept or to reject."))
    said = form.cleaned_data
    accept = said["decision"] == "accept"
    choice = Choice(said["id"], said["user"], said["agent"])
    batch, count = actions.decide_suggestions(
        sections, choice, accept=accept, acting_user=request.user
    )
    undo = reverse("writing:take_back", args=[batch])
    if not request.htmx:
        messages.info(request, _said(accept, count), extra_tags=undo)
        return redirect("writing:review", document.pk)
    return add_toast(render_review(request, document), request, _said(accept, count), undo=undo)


def _said(accept: bool, count: int) -> str:
    if accept:
        message = ngettext("Suggestion accepted.", "%(count)d suggestions accepted.", count)
    else:
        message = ngettext("Suggestion rejected.", "%(count)d suggestions rejected.", count)
    return message % {"count": count}
