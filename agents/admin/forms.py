"""Forms of the administration: a default that moves, stages in order."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agents.actions.workflows import objection_to
from agents.models import Model, Stage, Workflow


class DefaultMoves(forms.ModelForm):  # type: ignore[type-arg]
    """Ticking *default* takes the flag from whatever holds it, so holding it is no objection."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


class ModelForm(DefaultMoves):
    class Meta:
        model = Model
        exclude: list[str] = []


class ModelFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        super().clean()
        chosen = [
            form
            for form in self.forms
            if form not in self.deleted_forms and form.cleaned_data.get("is_default")
        ]
        # The one that was the default before may stay ticked: the newly ticked one wins.
        if len([form for form in chosen if "is_default" in form.changed_data]) > 1:
            raise ValidationError(_("Only one model can be the default: tick one of them."))


class WorkflowForm(DefaultMoves):
    class Meta:
        model = Workflow
        exclude: list[str] = []


class StageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Stage
        fields = ["position", "role", "model", "escalation_model", "threshold", "rounds"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rounds"].required = False

    def clean_rounds(self) -> int:
        return self.cleaned_data["rounds"] or 1

    def _get_validation_exclusions(self) -> set[str]:
        # Positions only say the order here; `set_stages` numbers the stages anew.
        return {*super()._get_validation_exclusions(), "position"}  # type: ignore[misc]


class StageFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    def in_order(self) -> "list[forms.ModelForm[Stage]]":
        """The forms of the stages that stay, in the order that the administrator chose."""
        kept = [
            form
            for form in self.forms
            if form not in self.deleted_forms and "role" in form.cleaned_data
        ]
        kept.sort(key=lambda form: form.cleaned_data["position"])
        return kept

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if objection := objection_to([form.instance for form in self.in_order()]):
            raise ValidationError(objection)
