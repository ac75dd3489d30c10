from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Exists, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.decorators import display

from agents.actions.workflows import make_default, objection_to_retiring, objections_to, set_stages
from agents.admin.exchange import Exchanged
from agents.admin.forms import StageForm, StageFormSet, WorkflowForm
from agents.admin.keeping import KeepsWhatIsUsed
from agents.choice import default_model
from agents.diagram import SECTIONS, diagram_of
from agents.models import Model, Stage, Workflow
from agents.uses import Uses, uses_of_workflow


class StageInline(TabularInline):
    model = Stage
    form = StageForm
    formset = StageFormSet
    extra = 0
    fields = [
        *("position", "role", "what", "output"),
        *("model", "escalation_model", "threshold", "rounds"),
    ]
    readonly_fields = ["what"]
    ordering_field = "position"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Eight columns leave no room for buttons beside each choice.
            field.widget = field.widget.widget
        return field

    @display(description=_("what it does"))
    def what(self, stage: Stage) -> str:
        return f"{stage.get_kind_display()} · {stage.get_scope_display()}" if stage.pk else "–"


@admin.register(Workflow)
class WorkflowAdmin(Exchanged, KeepsWhatIsUsed):
    audited_as = "workflow"
    form = WorkflowForm
    inlines = [StageInline]
    actions = ["export_selected", "take_out_of_use"]
    list_display = ["__str__", "document_kind", "stages_in_words", "state", "is_default"]
    list_filter = ["is_active", "document_kind"]
    search_fields = ["name", "name_zh", "description"]
    prepopulated_fields = {"slug": ["name"]}
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *(("name", "slug"), "description", "document_kind"),
                    *(("is_default", "is_active"), "used_by"),
                ]
            },
        ),
        (
            _("In Chinese"),
            {"fields": ["name_zh", "description_zh"], "classes": ["collapse"]},
        ),
    ]
    readonly_fields = ["used_by"]
    change_form_outer_after_template = "admin/agents/workflow_diagram.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        found = super().get_queryset(request).prefetch_related("stages__role__model")
        has_default = Exists(Model.objects.filter(is_default=True))
        return found.prefetch_related("stages__model").annotate(has_default=has_default)

    @display(description=_("stages"))
    def stages_in_words(self, workflow: Workflow) -> str:
        return " → ".join(stage.role.label for stage in workflow.stages.all())

    @display(
        description=_("state"), label={"ready": "success", "faulty": "danger", "retired": "info"}
    )
    def state(self, workflow: Any) -> tuple[str, str]:
        if not workflow.is_active:
            return "retired", str(_("Not in use"))
        if objections_to(list(workflow.stages.all()), has_default_model=workflow.has_default):
            return "faulty", str(_("Cannot run"))
        return "ready", str(_("Ready"))

    @display(description=_("used by"))
    def used_by(self, workflow: Workflow) -> str:
        runs = uses_of_workflow(workflow).runs if workflow.pk else 0
        return ngettext("%(count)d run", "%(count)d runs", runs) % {"count": runs}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        found = Stage.objects.filter(workflow__pk=object_id)
        stages = list(
            found.select_related("role__model__provider", "model__provider", "escalation_model")
        )
        context = {
            "columns": diagram_of(stages, default_model()),
            "diagram_sections": range(1, SECTIONS + 1),
            "objections": objections_to(stages) if request.method == "GET" else [],
            **(extra_context or {}),
        }
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Workflow, form: Any, change: bool) -> None:
        if obj.is_default:
            make_default(obj)
        else:
            super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        set_stages(form.instance, [stage.instance for stage in formset.in_order()])

    def uses_of(self, obj: Workflow) -> Uses:
        return uses_of_workflow(obj)

    def objection_to_retiring(self, obj: Workflow) -> str | None:
        return objection_to_retiring(obj)
