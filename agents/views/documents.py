from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.actions.runs import start_plan
from agents.forms import DocumentForm
from agents.views.models import objection_to_models
from writing.actions.documents import create_document
from writing.views.pages import Request

PRESETS = (500, 1000, 2500, 5000)


@require_http_methods(["GET", "POST"])
def new_document(request: Request) -> HttpResponse:
    """A document from a brief; the planner starts at once unless the author outlines alone."""
    alone = request.POST.get("outline") == "alone"
    form = DocumentForm(request.POST or None)
    if form.is_valid():
        objection = None if alone else objection_to_models(request.user, "planner")
        if objection is None:
            document = create_document(request.user, **form.cleaned_data)
            if not alone:
                start_plan(document, acting_user=request.user)
            return redirect("writing:manuscript", document.pk)
        form.add_error(None, objection)
    status = 422 if form.is_bound else 200
    return render(
        request, "agents/new_document.html", {"form": form, "presets": PRESETS}, status=status
    )
