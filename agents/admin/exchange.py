"""Roles and workflows out as a file, and in from one, which is looked through first."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminTextareaWidget

from agents.admin.revisions import administrator
from agents.exchange import Plan, Unusable, apply, export_of, plan_of, read
from agents.models import Role, Workflow
from writing.audit import record

MOST_BYTES = 2_000_000


class FileForm(forms.Form):
    """A file, or its text; what was looked through comes back as text."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".json,application/json"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large: at most 1 MB is read."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(_("This is not a text in UTF-8.")) from error
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not (cleaned.get("file") or cleaned.get("text")):
            self.add_error("file", _("Choose a file, or paste its text."))
        cleaned["text"] = cleaned.get("file") or cleaned.get("text") or ""
        return cleaned


class Exchanged(ModelAdmin):
    """For the administration of roles and of workflows."""

    actions_list = ["import_file"]

    @admin.action(description=gettext_lazy("Export as a file"), permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        if self.model is Role:
            models = ("model__provider", "fallback_model__provider")
            content = export_of(queryset.select_related(*models), [])
        else:
            related = ("stages__role__model__provider", "stages__model__provider")
            content = export_of([], queryset.prefetch_related(*related))
        name = f"{self.opts.model_name}s-{timezone.localdate():%Y-%m-%d}.json"
        dumped = {"ensure_ascii": False, "indent": 2}
        answer = JsonResponse(content, json_dumps_params=dumped)
        answer["Content-Disposition"] = content_disposition_header(True, name)
        return answer

    @action(
        description=gettext_lazy("Import a file"),
        url_path="import",
        permissions=["add", "change"],
        icon="upload_file",
    )
    def import_file(self, request: HttpRequest) -> HttpResponse:
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        plan: Plan | None = None
        problems: list[str] = []
        if form.is_valid():
            try:
                plan = plan_of(read(form.cleaned_data["text"]))
                if "confirm" in request.POST:
                    return self._import(request, plan)
            except Unusable as error:
                problems = error.problems
        context = {
            **self.admin_site.each_context(request),
            "title": _("Import roles and workflows"),
            "opts": self.opts,
            "form": form,
            "plan": plan,
            "problems": problems,
            "text": form.cleaned_data["text"] if plan else "",
        }
        return render(request, "admin/agents/import.html", context)

    def _import(self, request: HttpRequest, plan: Plan) -> HttpResponse:
        user = administrator(request)
        changed = [change for change in plan.changes if change.act != "keep"]
        with transaction.atomic():
            apply(plan, acting_user=user)
            for change in changed:
                kind = "role" if isinstance(change.row, Role) else "workflow"
                done = "created" if change.act == "create" else "changed"
                how = {"how": "Imported from a file."}
                record(f"{kind}.{done}", actor=user, target=str(change.row), details=how)
        said = ngettext(
            "%(count)d entry of the file was taken over.",
            "%(count)d entries of the file were taken over.",
            len(changed),
        )
        messages.success(request, said % {"count": len(changed)})
        first = next((c.row for c in changed if isinstance(c.row, Workflow)), None)
        if first and self.model is Workflow:
            return redirect("admin:agents_workflow_change", first.pk)
        return redirect(f"admin:agents_{self.opts.model_name}_changelist")
