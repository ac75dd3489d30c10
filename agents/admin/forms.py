"""Forms of the administration: a default that moves, stages in order."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from agents.actions import roles
from agents.actions.workflows import objections_to
from agents.models import Model, Output, PriceSource, Role, Stage, Workflow

PRICES = {"input_price", "cached_price", "output_price"}


class DefaultMoves(forms.ModelForm):  # type: ignore[type-arg]
    """Ticking *default* takes the flag from whatever holds it, so holding it is no objection."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]


class ModelForm(DefaultMoves):
    class Meta:
        model = Model
        exclude: list[str] = []

    def clean(self) -> dict[str, Any]:
        """Prices that a person entered are theirs: the price list leaves them alone."""
        cleaned = super().clean() or self.cleaned_data
        if PRICES & set(self.changed_data):
            self.instance.price_source, self.instance.priced_on = PriceSource.HAND, None
        return cleaned


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


class RoleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Role
        fields = [
            *("name", "slug", "kind", "avatar", "tone", "persona", "instructions"),
            *("name_zh", "persona_zh", "instructions_zh"),
            *("model", "fallback_model", "second_fallback_model"),
            *("temperature", "max_tokens", "is_active"),
        ]

    def clean_is_active(self) -> bool:
        is_active: bool = self.cleaned_data["is_active"]
        if (
            not is_active
            and self.instance.pk
            and (said := roles.objection_to_retiring(self.instance))
        ):
            raise ValidationError(said)
        return is_active

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = ("model", "fallback_model", "second_fallback_model")
        own, first, second = (cleaned.get(name) for name in names)
        if first and first == own:
            self.add_error("fallback_model", _("This is the role's own model: choose another."))
        if second and not first:
            self.add_error("second_fallback_model", _("Choose the first fallback model first."))
        elif second and second in (own, first):
            self.add_error(
                "second_fallback_model", _("This model is tried before: choose another.")
            )
        return cleaned


class WorkflowForm(DefaultMoves):
    class Meta:
        model = Workflow
        exclude: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["description"].widget.attrs["rows"] = 3

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("is_active") and cleaned.get("is_default"):
            self.add_error("is_active", _("The default workflow stays in use."))
        return cleaned


class StageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Stage
        fields = [
            *("position", "role", "output"),
            *("model", "escalation_model", "threshold", "rounds"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rounds"].required = self.fields["output"].required = False
        self.fields["role"].queryset = Role.objects.filter(  # type: ignore[attr-defined]
            Q(is_active=True) | Q(pk=self.instance.role_id)
        )

    def clean_output(self) -> str:
        return self.cleaned_data["output"] or Output.APPLY

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
        if said := objections_to([form.instance for form in self.in_order()]):
            raise ValidationError(said)
