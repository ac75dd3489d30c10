"""What people fill in. The limits and their messages are those of `writing.limits`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from writing import limits
from writing.actions.notifications import Choice
from writing.exceptions import InvalidInput
from writing.models import AgentPolicy, Frequency, Kind, Language, Occasion, Section, TokenScope
from writing.people import identity_of

Value = TypeVar("Value", str, int)

WORDS_MESSAGES = {
    "required": _("Choose how many words to aim for."),
    "invalid": _("Enter the number of words in figures, such as 300."),
}


def _checked(check: Callable[[Value], Value], value: Value) -> Value:
    try:
        return check(value)
    except InvalidInput as error:
        raise ValidationError(str(error)) from error


class PartialForm(forms.Form):
    """Looks only at what was posted, so that one field can be saved where it stands."""

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        if data is not None:
            self.fields = {name: field for name, field in self.fields.items() if name in data}

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        return _checked(limits.clean_title, title)

    def clean_brief(self) -> str:
        brief: str = self.cleaned_data["brief"]
        return _checked(limits.clean_brief, brief)


class SectionForm(PartialForm):
    title = forms.CharField(label=_("Title"), required=False)
    brief = forms.CharField(
        label=_("What this section covers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The writer keeps to it, and leaves to the other sections what is theirs."),
    )
    key_points = forms.CharField(
        label=_("Key points"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line. They are made here and nowhere else in the document."),
    )
    target_words = forms.IntegerField(
        label=_("Words to aim for"),
        initial=Section._meta.get_field("target_words").default,
        widget=forms.NumberInput(attrs={"min": 0, "max": limits.SECTION_WORDS, "step": "any"}),
        error_messages=WORDS_MESSAGES,
    )

    agent_policy = forms.ChoiceField(
        label=_("What agents may do"),
        required=False,
        choices=[("", _("As in the whole document")), *AgentPolicy.choices],
        help_text=_("“Nothing” stops them at once, wherever they are at work here."),
    )

    def clean_key_points(self) -> str:
        points: str = self.cleaned_data["key_points"]
        return _checked(limits.clean_key_points, points)

    def clean_target_words(self) -> int:
        words: int = self.cleaned_data["target_words"]
        return _checked(limits.check_target_words, words)


class AnchorField(forms.CharField):
    """A Yjs relative position as JSON; cleaned to the id of the character it names."""

    def clean(self, value: Any) -> tuple[int, int] | None:
        try:
            item = json.loads(value or "")["item"]
            client, clock = item["client"], item["clock"]
        except (ValueError, TypeError, KeyError):
            return None
        if type(client) is int and type(clock) is int:
            return client, clock
        return None


class WordsForm(forms.Form):
    """The first and last character of some words."""

    first = AnchorField(widget=forms.HiddenInput)
    last = AnchorField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cleaned_data
        if found.get("first") is None or found.get("last") is None:
            raise ValidationError(_("Choose some words in the text first."))
        return found


class CommentForm(WordsForm):
    """What somebody says about these words."""

    quote = forms.CharField(required=False, widget=forms.HiddenInput)
    body = forms.CharField(
        label=_("Your comment"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        help_text=_("@ and a name calls a person or an agent."),
    )

    def __init__(self, *args: Any, mentionable: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["body"].widget.attrs["data-mentions"] = mentionable

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        return _checked(limits.clean_comment, body)


class NotificationForm(forms.Form):
    """For each occasion: in the app, and how often by mail."""

    def __init__(
        self, *args: Any, choices: Mapping[tuple[int, Occasion], Choice], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        for (_user, occasion), choice in choices.items():
            self.fields[f"{occasion}-app"] = forms.BooleanField(
                label=_("In the app"), required=False, initial=choice.in_app
            )
            self.fields[f"{occasion}-mail"] = forms.ChoiceField(
                label=_("By e-mail"), choices=Frequency.choices, initial=choice.mail
            )

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [
            (str(occasion.label), self[f"{occasion}-app"], self[f"{occasion}-mail"])
            for occasion in Occasion
        ]

    def choices(self) -> dict[Occasion, Choice]:
        said = self.cleaned_data
        return {
            occasion: Choice(said[f"{occasion}-app"], Frequency(said[f"{occasion}-mail"]))
            for occasion in Occasion
        }


class PositionForm(forms.Form):
    """A place in the outline, counted from 0; past the end means the end."""

    position = forms.IntegerField(
        min_value=0,
        error_messages={
            "required": _("Say where to: a place in the outline."),
            "invalid": _("A place in the outline is a number."),
            "min_value": _("The outline begins at place 0."),
        },
    )


class DocumentForm(PartialForm):
    title = forms.CharField(label=_("Title"), required=False)
    brief = forms.CharField(
        label=_("Brief"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What the document is about, for whom, and what must be in it."),
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    target_words = forms.IntegerField(
        label=_("Words to aim for"),
        widget=forms.NumberInput(attrs={"min": 0, "max": limits.DOCUMENT_WORDS, "step": "any"}),
        error_messages=WORDS_MESSAGES,
    )

    agent_policy = forms.ChoiceField(
        label=_("What agents may do"),
        choices=AgentPolicy.choices,
        help_text=_("Holds for every section that does not say otherwise."),
    )

    def clean_target_words(self) -> int:
        words: int = self.cleaned_data["target_words"]
        return _checked(limits.check_document_words, words)


class IdsField(forms.MultipleChoiceField):
    """Any number of UUIDs."""

    def clean(self, value: Any) -> list[UUID]:
        try:
            return [UUID(each) for each in value or ()]
        except ValueError as error:
            raise ValidationError(_("That is no suggestion.")) from error


class DecisionForm(forms.Form):
    """What becomes of suggestions: of those named, or of all, perhaps of one author."""

    decision = forms.ChoiceField(choices=[("accept", _("Accept")), ("reject", _("Reject"))])
    id = IdsField(required=False)
    user = forms.IntegerField(required=False)
    agent = forms.CharField(required=False)


class SuggestForm(WordsForm):
    """Other words for these."""

    new_text = forms.CharField(
        label=_("What is to stand there"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        help_text=_("Empty: the words are to go."),
    )
    reason = forms.CharField(
        label=_("Why"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class SetupForm(UserCreationForm):  # type: ignore[type-arg]
    """The first account, the administrator's."""

    email = forms.EmailField(
        label=_("Email"),
        help_text=_("Where a forgotten password is reset."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    class Meta:
        model = User
        fields = ["username", "email"]


class TokenForm(forms.Form):
    """A token for programs: what it is for, what it may do, for how long."""

    NEVER = "never"

    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say what the token is for, so that you know it again.")},
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        choices=TokenScope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that the token may be used for.")},
    )
    days = forms.ChoiceField(
        label=_("Works for"),
        choices=[
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("365", _("A year")),
            (NEVER, _("Until it is revoked")),
        ],
        initial="90",
    )

    def clean_days(self) -> int | None:
        days: str = self.cleaned_data["days"]
        return None if days == self.NEVER else int(days)


class NameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=limits.PERSON_NAME_CHARACTERS,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As others see you. Without one they see your username."),
    )


class LeaveForm(forms.Form):
    """The end of the account of `user`; `documents` are those of which others are members, with
    these as `heirs`."""

    def __init__(self, data: Any = None, *, user: User, documents: Sequence[Any]) -> None:
        super().__init__(data)
        self._user = user
        self._documents = {f"heir-{document.pk}": document for document in documents}
        for name, document in self._documents.items():
            people = [
                (str(each.user_id), _("%(name)s owns it then") % identity_of(each.user))
                for each in document.heirs
            ]
            self.fields[name] = forms.ChoiceField(
                label=document.title,
                required=False,
                initial=people[0][0] if people else "",
                choices=[*people, ("", _("Delete it, for all of them"))],
            )
        has_password = user.has_usable_password()
        self.fields["confirmation"] = forms.CharField(
            label=_("Your password") if has_password else _("Your username, to be sure"),
            strip=not has_password,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
            if has_password
            else forms.TextInput(attrs={"autocomplete": "off"}),
        )

    @property
    def heir_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self._documents]

    def clean_confirmation(self) -> str:
        given: str = self.cleaned_data["confirmation"]
        if not self._user.has_usable_password():
            if given != self._user.get_username():
                raise ValidationError(_("That is not your username."))
        elif not self._user.check_password(given):
            raise ValidationError(_("That is not your password."))
        return given

    def heirs(self) -> dict[UUID, int]:
        """Who is to own which document."""
        chosen = {
            document.pk: self.cleaned_data[name] for name, document in self._documents.items()
        }
        return {pk: int(heir) for pk, heir in chosen.items() if heir}


class VersionForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=limits.VERSION_NAME_CHARACTERS)
