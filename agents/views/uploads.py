"""From a file of briefs to a batch: sending it, seeing what was understood, starting."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from agents.actions import uploads as actions
from agents.intake.forms import BatchForm, BriefsForm
from agents.intake.samples import SAMPLES
from agents.models import Upload
from agents.models.batches import USUAL_AT_ONCE
from agents.own import get_upload
from agents.views.drafts import outlook_of
from agents.views.models import objection_to_models, who_works
from writing.exceptions import WritingError, nothing_here
from writing.models import Kind, Language
from writing.views.pages import Request, render_part

ROWS_A_PAGE = 50


@require_http_methods(["GET", "POST"])
def new_batch(request: Request) -> HttpResponse:
    """Take the briefs; nothing starts yet."""
    form = BriefsForm(request.POST, request.FILES) if request.method == "POST" else BriefsForm()
    if form.is_bound and form.is_valid() and form.reading:
        upload = actions.keep_upload(request.user, reading=form.reading, file_name=form.file_name)
        return redirect("agents:preview_batch", upload.pk)
    context = {"form": form, "most": settings.BATCH_DOCUMENTS}
    return render(request, "agents/new_batch.html", context, status=422 if form.is_bound else 200)


@require_GET
def sample(request: Request, suffix: str) -> HttpResponse:
    if suffix not in SAMPLES:
        raise nothing_here()
    content_type, write = SAMPLES[suffix]
    disposition = f'attachment; filename="briefs.{suffix}"'
    return HttpResponse(
        write(), content_type=content_type, headers={"Content-Disposition": disposition}
    )


@require_http_methods(["GET", "POST"])
def preview_batch(request: Request, upload_id: UUID) -> HttpResponse:
    """What was understood of each row, and how the rows are to be drafted."""
    upload = get_upload(upload_id, request.user)
    form = BatchForm(upload, request.POST if request.method == "POST" else None, **_wrong(upload))
    if form.is_bound and form.is_valid():
        try:
            batch = actions.start_batch(upload, acting_user=request.user, **form.orders())
        except WritingError as error:
            form.add_error(None, str(error))
        else:
            return redirect("agents:batch", batch.pk)
    context = {**_rows(request, upload), **_choices(request, upload, form)}
    status = 422 if form.is_bound else 200
    return render_part(request, "agents/preview_batch.html", "rows", context, status=status)


@require_POST
def estimate_upload(request: Request, upload_id: UUID) -> HttpResponse:
    """What the batch would take with what is chosen on the page."""
    upload = get_upload(upload_id, request.user)
    form = BatchForm(upload, request.POST, **_wrong(upload))
    form.is_valid()
    context = _outlook(request, upload, form.cleaned_data)
    return render(request, "agents/preview_batch.html#outlook", context)


@require_POST
def discard_upload(request: Request, upload_id: UUID) -> HttpResponse:
    actions.discard_upload(get_upload(upload_id, request.user), acting_user=request.user)
    return redirect("agents:new_batch")


def _wrong(upload: Upload) -> dict[str, int]:
    return {"wrong": upload.rows.filter(is_usable=False).count()}


def _outlook(request: Request, upload: Upload, chosen: Mapping[str, Any]) -> dict[str, Any]:
    workflow = chosen.get("workflow")
    concurrency = chosen.get("concurrency") or USUAL_AT_ONCE
    found = actions.estimate_upload(upload, workflow, concurrency=concurrency)
    words = _(
        "With this budget the batch is likely to pause before it is done: before each call its "
        "largest possible cost is reserved. Likely to be enough: %(enough)s."
    )
    return outlook_of(
        found,
        workflow,
        user=request.user,
        limit=chosen.get("budget"),
        short_words=words,
    )


def _rows(request: Request, upload: Upload) -> dict[str, Any]:
    """A page of them; of those with problems alone where these are asked for."""
    only_wrong = request.GET.get("rows") == "wrong"
    rows = upload.rows.filter(is_usable=False) if only_wrong else upload.rows.all()
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    kinds, languages = dict(Kind.choices), dict(Language.choices)
    shown = [
        (
            row,
            kinds.get(row.values["kind"], row.values["kind"]),
            languages.get(row.values["language"], row.values["language"]),
        )
        for row in page
    ]
    return {"upload": upload, "page": page, "rows": shown, "only_wrong": only_wrong}


def _choices(request: Request, upload: Upload, form: BatchForm) -> dict[str, Any]:
    usable = upload.rows.filter(is_usable=True).count()
    slug = form["workflow"].value()
    workflows = form.fields["workflow"].queryset  # type: ignore[attr-defined]
    chosen = (
        form.cleaned_data if form.is_bound else {"workflow": workflows.filter(slug=slug).first()}
    )
    return {
        "form": form,
        "usable": usable,
        "wrong": _wrong(upload)["wrong"],
        "workflows": [
            (workflow, who_works(workflow), workflow.slug == slug)
            for workflow in workflows.prefetch_related("stages__role__model__provider")
        ],
        "no_model": objection_to_models(request.user, "writer"),
        "currency": settings.CURRENCY,
        **_outlook(request, upload, chosen),
    }
