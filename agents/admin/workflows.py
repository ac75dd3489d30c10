from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from agents.actions.workflows import make_default, set_stages
from agents.admin.forms import StageForm, StageFormSet, WorkflowForm
from agents.models import Stage, Workflow
from writing.admin.audited import Audited


class StageInline(TabularInline):
    model = Stage
    form = StageForm
    formset = StageFormSet
    extra = 0
    fields = ["position", "role", "what", "model", "escalation_model", "threshold", "rounds"]
    readonly_fields = ["what"]
    ordering_field = "position"

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Seven columns leave no room for buttons beside each choice.
            field.widget = field.widget.widget
        return field

    @display(description=_("what it does"))
    def what(self, stage: Stage) -> str:
        return f"{stage.get_kind_display()} · {stage.get_scope_display()}" if stage.pk else "–"


@admin.register(Workflow)
class WorkflowAdmin(Audited, ModelAdmin):
    audited_as = "workflow"
    form = WorkflowForm
    inlines = [StageInline]
    list_display = ["__str__", "stages_in_words", "is_default"]
    search_fields = ["name", "description"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["name", "slug", "description", "is_default"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        return super().get_queryset(request).prefetch_related("stages__role")

    @display(description=_("stages"))
    def stages_in_words(self, workflow: Workflow) -> str:
        return " → ".join(stage.role.label for stage in workflow.stages.all())

    def save_model(self, request: HttpRequest, obj: Workflow, form: Any, change: bool) -> None:
        if obj.is_default:
            make_default(obj)
        else:
            super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        set_stages(form.instance, [stage.instance for stage in formset.in_order()])
