"""What an author tells the agents: a brief, and which sections to draft."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from agents.budget import default_limit
from agents.models import BudgetScope, StageKind, Workflow
from agents.money import up_to_cent
from agents.suitable import workflows_for
from writing import limits
from writing.models import Document, Kind, Language, Section

INSTRUCTION_CHARACTERS = 2_000


class LongText(forms.CharField):
    """Text of many lines, counted as its author sees it: browsers send each line break as two."""

    def __init__(self, *, limit: int, too_long: Any, rows: int, **kwargs: Any) -> None:
        super().__init__(
            max_length=limit,
            error_messages={"max_length": too_long, **kwargs.pop("error_messages", {})},
            widget=forms.Textarea(attrs={"rows": rows, "data-limit": limit}),
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(str(value or "").replace("\r\n", "\n")) or ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # No maxlength: it would cut off what is pasted without a word.
        return {}


class AmountInput(forms.DecimalField):
    """An amount in the currency of the models' prices."""

    def __init__(self, **kwargs: Any) -> None:
        objection = gettext_lazy("Enter an amount such as 2.50.")
        super().__init__(
            min_value=0,
            max_digits=10,
            decimal_places=2,
            error_messages=dict.fromkeys(
                ("required", "invalid", "min_value", "max_digits", "max_decimal_places"), objection
            ),
            **kwargs,
        )


class DocumentForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=limits.TITLE_CHARACTERS,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Give the document a title; it can change later.")
        },
    )
    brief = LongText(
        label=gettext_lazy("Brief"),
        limit=limits.BRIEF_CHARACTERS,
        rows=9,
        too_long=gettext_lazy(
            "The brief has %(show_value)d characters; the limit is %(limit_value)d. "
            "Keep what all sections need here; the rest can go into the sections' own briefs."
        ),
        error_messages={
            "required": gettext_lazy("Say what the document is about, for whom, and what matters.")
        },
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices, initial=Kind.ARTICLE)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    target_words = forms.IntegerField(
        label=gettext_lazy("Length in words"),
        min_value=100,
        max_value=50_000,
        initial=1000,
        error_messages={
            name: gettext_lazy("Enter a number of words between 100 and 50,000.")
            for name in ("required", "invalid", "min_value", "max_value")
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        interface = get_language() or ""
        known = interface in Language.values
        self.fields["language"].initial = interface if known else Language.ENGLISH
        self.fields["target_words"].widget.attrs["step"] = "any"


def workflows_that_draft(document: Document | None = None) -> QuerySet[Workflow]:
    """Those in use for this document's kind; without one, for documents of any kind."""
    usable = workflows_for(document.kind) if document else Workflow.objects.filter(is_active=True)
    return usable.filter(stages__kind=StageKind.WRITE).distinct()


class DraftForm(forms.Form):
    """Which workflow drafts which sections of a document."""

    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflow"),
        empty_label=None,
        widget=forms.RadioSelect,
        to_field_name="slug",
        error_messages={
            "invalid_choice": gettext_lazy("There is no such workflow. Choose another.")
        },
    )
    sections = forms.ModelMultipleChoiceField(
        Section.objects.none(),
        label=gettext_lazy("Sections"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("Choose at least one section."),
            "invalid_choice": gettext_lazy("A chosen section is no longer there. Choose again."),
        },
    )
    instruction = LongText(
        label=gettext_lazy("Anything to keep in mind?"),
        required=False,
        limit=INSTRUCTION_CHARACTERS,
        rows=2,
        too_long=gettext_lazy(
            "The instruction has %(show_value)d characters; the limit is %(limit_value)d."
        ),
    )
    limit = AmountInput(
        label=gettext_lazy("Limit of this run"),
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, document: Document, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("workflow", workflows_that_draft(document)),
            ("sections", document.sections.present()),
        ):
            self.fields[name].queryset = choices  # type: ignore[attr-defined]
        usual = default_limit(BudgetScope.RUN)
        self.fields["limit"].initial = None if usual is None else up_to_cent(usual)
        self.fields["limit"].widget.attrs["step"] = "any"

    def clean_sections(self) -> list[Section]:
        sections = list(self.cleaned_data["sections"])
        if len(sections) > limits.SECTIONS:
            raise forms.ValidationError(
                _("One draft takes at most %(most)d sections; %(chosen)d are chosen."),
                params={"most": limits.SECTIONS, "chosen": len(sections)},
            )
        return sections


class RedraftForm(forms.Form):
    instruction = LongText(
        label=gettext_lazy("What should be different?"),
        required=False,
        limit=INSTRUCTION_CHARACTERS,
        rows=4,
        too_long=gettext_lazy(
            "The instruction has %(show_value)d characters; the limit is %(limit_value)d."
        ),
    )


class LimitForm(forms.Form):
    limit = AmountInput()
