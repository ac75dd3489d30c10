"""What a person says who wants many documents: first the briefs, then how they are drafted."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from agents.forms import AmountInput, DocumentForm, LongText, workflows_that_draft
from agents.intake.reading import MOST_BYTES, Defaults, Reading, read_file, read_list
from agents.models import Repeats, StageKind, Upload, Workflow
from agents.models.batches import MOST_AT_ONCE, USUAL_AT_ONCE
from agents.models.webhooks import URL_CHARACTERS
from writing import limits
from writing.exceptions import InvalidInput
from writing.models import Kind, Language

LIST_CHARACTERS = 1_000_000
SUFFIXES = ".csv,.tsv,.tab,.txt,.xlsx,.jsonl,.ndjson"


class BriefsForm(forms.Form):
    """A file or a list, and what holds where a row says nothing. Valid once it could be read."""

    file = forms.FileField(
        label=gettext_lazy("A file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={
                "accept": SUFFIXES,
                "data-most-bytes": MOST_BYTES,
                "data-too-large": gettext_lazy("The file has more than 10 MB. Make it smaller."),
            }
        ),
        help_text=gettext_lazy(
            "CSV, TSV, XLSX or JSON Lines. The first row names the columns: brief and, if you "
            "like, title, kind, language, target words."
        ),
    )
    text = LongText(
        label=gettext_lazy("Or a list"),
        required=False,
        help_text=gettext_lazy(
            "One brief a line. Rows copied from a spreadsheet with their headings are understood "
            "too."
        ),
        limit=LIST_CHARACTERS,
        rows=6,
        too_long=gettext_lazy(
            "The list has %(show_value)d characters; the limit is %(limit_value)d. "
            "Send it as a file."
        ),
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices, initial=Kind.ARTICLE)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=Language.choices)
    target_words = DocumentForm.base_fields["target_words"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        interface = get_language() or ""
        known = interface in Language.values
        self.fields["language"].initial = interface if known else Language.ENGLISH
        self.fields["target_words"].widget.attrs["step"] = "any"
        self.reading: Reading | None = None

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        file, text = said.get("file"), said.get("text", "")
        if file and text.strip():
            self.add_error("text", _("Send the file or the list. Empty one of them."))
        elif not self.errors:
            defaults = Defaults(said["kind"], said["language"], said["target_words"])
            try:
                if file is not None:
                    self.reading = read_file(file.read(), file.name, defaults=defaults)
                else:
                    self.reading = read_list(text, defaults=defaults)
            except InvalidInput as error:
                self.add_error("file" if file is not None else "text", str(error))
        return said

    @property
    def file_name(self) -> str:
        file = self.cleaned_data["file"]
        return str(file.name) if file else ""


class BatchForm(forms.Form):
    """How the briefs are drafted."""

    name = forms.CharField(
        label=gettext_lazy("Name of the batch"),
        max_length=limits.TITLE_CHARACTERS,
        error_messages={"required": gettext_lazy("Give the batch a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label=gettext_lazy("Workflow"),
        empty_label=None,
        widget=forms.RadioSelect,
        to_field_name="slug",
        error_messages={
            "required": gettext_lazy("Choose a workflow."),
            "invalid_choice": gettext_lazy("There is no such workflow. Choose another."),
        },
    )
    budget = AmountInput(
        label=gettext_lazy("Budget of the whole batch"),
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    concurrency = forms.IntegerField(
        label=gettext_lazy("Documents at once"),
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=USUAL_AT_ONCE,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            gettext_lazy("Enter a number between 1 and 100."),
        ),
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[("now", gettext_lazy("Now")), ("later", gettext_lazy("At a time"))],
        initial="now",
        widget=forms.RadioSelect,
    )
    starts_at = forms.DateTimeField(
        label=gettext_lazy("Starts"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"invalid": gettext_lazy("Enter a date and a time.")},
    )
    repeats = forms.ChoiceField(
        label=gettext_lazy("Repeats"), choices=Repeats.choices, initial=Repeats.NEVER
    )
    leave_out = forms.BooleanField(label="", required=False)

    def __init__(self, upload: Upload, *args: Any, wrong: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        drafting = workflows_that_draft().filter(
            pk__in=Workflow.objects.filter(stages__kind=StageKind.PLAN)
        )
        self.fields["workflow"].queryset = drafting  # type: ignore[attr-defined]
        usual = drafting.filter(is_default=True).first() or drafting.first()
        self.fields["workflow"].initial = usual and usual.slug
        self.fields["name"].initial = upload.file_name.rpartition(".")[0] or _("Pasted list")
        self._wrong = wrong

    def clean_leave_out(self) -> bool:
        is_agreed: bool = self.cleaned_data["leave_out"]
        if self._wrong and not is_agreed:
            raise forms.ValidationError(
                _("Say that the rows that cannot be used are left out, or send a corrected file.")
            )
        return is_agreed

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("when") != "later":
            said["starts_at"] = None
        elif "starts_at" not in self.errors:
            starts_at = said.get("starts_at")
            if starts_at is None:
                self.add_error("starts_at", _("Enter a date and a time."))
            elif starts_at <= timezone.now():
                self.add_error("starts_at", _("This time has passed. Choose a later one."))
        return said

    def orders(self) -> dict[str, Any]:
        """For `start_batch`."""
        names = ("name", "workflow", "budget", "concurrency", "starts_at", "repeats")
        return {name: self.cleaned_data[name] for name in names}


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=URL_CHARACTERS,
        error_messages={
            "required": gettext_lazy("Enter an address such as https://example.org/hook.")
        },
        widget=forms.URLInput(
            attrs={"placeholder": "https://example.org/hook", "autocomplete": "off"}
        ),
    )
    is_enabled = forms.BooleanField(label=gettext_lazy("In use"), required=False)
