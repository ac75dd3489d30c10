import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agents.actions.runs import start_draft, start_plan
from agents.batch_estimate import BatchEstimate
from agents.budget import is_priced, room_of
from agents.estimate import Estimate
from agents.forecast import estimate_draft
from agents.forms import DraftForm, RedraftForm, workflows_that_draft
from agents.models import BudgetScope, Model, StageKind, Step, Workflow
from agents.money import in_words, up_to_cent
from agents.suitable import usual_workflow
from agents.views.cards import OPEN_STATES
from agents.views.models import objection_to_models, who_works
from agents.views.panel import answer_dialog
from writing.access import Right, get_document, get_section, policy_of
from writing.exceptions import WritingError
from writing.models import AgentPolicy, Document, Section, SectionStatus
from writing.views.pages import Request, render_part


@require_POST
def plan(request: Request, document_id: uuid.UUID) -> HttpResponse:
    """Outline the brief, again or for the first time."""
    document = get_document(document_id, request.user, Right.EDIT)
    start_plan(document, acting_user=request.user)
    return answer_dialog(request, document)


@require_http_methods(["GET", "POST"])
def draft(request: Request, document_id: uuid.UUID) -> HttpResponse:
    document = get_document(document_id, request.user, Right.EDIT)
    form = DraftForm(document, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            start_draft(document, acting_user=request.user, **form.cleaned_data)
        except WritingError as error:
            form.add_error(None, str(error))
        else:
            return answer_dialog(request, document)
    return _render_draft(request, document, form)


@require_POST
def estimate(request: Request, document_id: uuid.UUID) -> HttpResponse:
    """What the draft would take with what is chosen in the dialog."""
    document = get_document(document_id, request.user, Right.EDIT)
    form = DraftForm(document, request.POST)
    form.is_valid()
    chosen = form.cleaned_data
    context = outlook(
        document,
        chosen.get("workflow"),
        chosen.get("sections", []),
        user=request.user,
        limit=chosen.get("limit"),
    )
    return render(request, "agents/draft.html#outlook", context)


def outlook(
    document: Document,
    workflow: Workflow | None,
    sections: Sequence[Section],
    *,
    user: User,
    limit: Decimal | None,
) -> dict[str, Any]:
    """The estimate, and which limit is likely to be reached before the draft is done."""
    found = estimate_draft(document, workflow, sections) if workflow else None
    words = _(
        "With this limit the run is likely to stop before it is done: before each call "
        "its largest possible cost is reserved. Likely to be enough: %(enough)s."
    )
    return outlook_of(found, workflow, user=user, limit=limit, short_words=words)


def outlook_of(
    found: Estimate | BatchEstimate | None,
    workflow: Workflow | None,
    *,
    user: User,
    limit: Decimal | None,
    short_words: str,
) -> dict[str, Any]:
    """For the template's part of that name; `short_words` say that `limit` is not `enough`."""
    short: list[str] = []
    if found and found.is_priced:
        room = room_of(user.pk)
        if limit is not None and limit < found.enough:
            short.append(short_words % {"enough": in_words(up_to_cent(found.enough))})
        for scope, words in (
            (BudgetScope.PERSON, _("Of your limit this month %(left)s are left.")),
            (BudgetScope.SITE, _("Of this month's limit of the whole site %(left)s are left.")),
        ):
            if scope in room and room[scope] < found.enough:
                short.append(words % {"left": in_words(room[scope])})
    models = [worker.model for worker in who_works(workflow)] if workflow else []
    return {
        "estimate": found,
        "short_of": short,
        "unpriced": [
            model.name
            for model in dict.fromkeys(models)
            if model and not is_priced(model) and not model.provider.is_bundled
        ],
    }


def _render_draft(request: Request, document: Document, form: DraftForm) -> HttpResponse:
    sections = list(document.sections.present())
    busy = [section for section in sections if section.is_worked_on]
    policies = {section.pk: policy_of(section, document) for section in sections}
    closed = [section for section in sections if policies[section.pk] == AgentPolicy.OFF]
    workflows = workflows_that_draft(document).prefetch_related("stages__role__model__provider")
    if form.is_bound:
        chosen = set(request.POST.getlist("sections"))
        slug = request.POST.get("workflow")
    else:
        to_do = [s for s in sections if s.status != SectionStatus.DONE and s not in busy + closed]
        chosen = {str(section.pk) for section in to_do}
        usual = usual_workflow(document.kind)
        slug = usual.slug if usual else None
    selected = next((workflow for workflow in workflows if workflow.slug == slug), None)
    picked = [section for section in sections if str(section.pk) in chosen]
    limit = form.cleaned_data.get("limit") if form.is_bound else form.fields["limit"].initial
    choices = [(workflow, who_works(workflow), workflow.slug == slug) for workflow in workflows]
    context = {
        "document": document,
        "form": form,
        **outlook(document, selected, picked, user=request.user, limit=limit),
        "currency": settings.CURRENCY,
        "sections": [
            (each, str(each.pk) in chosen, each in busy, policies[each.pk]) for each in sections
        ],
        "workflows": choices,
        "is_planning": Step.objects.filter(
            run__document=document, kind=StageKind.PLAN, state__in=OPEN_STATES
        ).exists(),
        "no_model": objection_to_models(request.user, "writer"),
        "bundled": any(
            worker.model
            and worker.model.provider.is_bundled
            and worker.model.tier == Model.Tier.SMALL
            for _workflow, workers, _is_chosen in choices
            for worker in workers
        ),
    }
    status = 422 if form.is_bound else 200
    return render_part(request, "agents/draft.html", "dialog", context, status=status)


@require_http_methods(["GET", "POST"])
def redraft(request: Request, section_id: uuid.UUID) -> HttpResponse:
    """Draft one section again, with what should be different."""
    section = get_section(section_id, request.user, Right.EDIT)
    form = RedraftForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            start_draft(
                section.document,
                acting_user=request.user,
                sections=[section],
                instruction=form.cleaned_data["instruction"],
            )
        except WritingError as error:
            form.add_error(None, str(error))
        else:
            return answer_dialog(request, section.document)
    context = {"section": section, "form": form}
    status = 422 if form.is_bound else 200
    return render_part(request, "agents/redraft.html", "dialog", context, status=status)
