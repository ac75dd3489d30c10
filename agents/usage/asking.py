"""What somebody asked to have counted: read from a page's address, and written into others."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.access import may_see_all_usage, usage_visible_to
from agents.models.counted import today
from agents.usage.counting import Dimension, Key, Sources, beginning
from agents.usage.periods import Period, Preset, period_of
from writing.exceptions import nothing_here
from writing.views.pages import Request

EARLIEST = date(2020, 1, 1)
NONE = "none"


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, label: Any) -> None:
        invalid = gettext_lazy("Enter a day such as 2026-01-31.")
        super().__init__(
            label=label,
            required=False,
            input_formats=["%Y-%m-%d"],
            error_messages={"invalid": invalid},
        )


class PeriodForm(forms.Form):
    """Days of one's own; one of them alone leaves the other end open."""

    first = DayField(gettext_lazy("From"))
    last = DayField(gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        days = super().clean() or {}
        first, last = days.get("first"), min(days.get("last") or today(), today())
        if first and first < EARLIEST:
            self.add_error("first", _("Choose a day from 2020 on."))
        elif last < EARLIEST:
            self.add_error("last", _("Choose a day from 2020 on."))
        elif first and first > last:
            self.add_error("first", _("Choose a day that is not after the last, nor after today."))
        return days


@dataclass(frozen=True, slots=True)
class Asked:
    """`preset` is empty where the days are somebody's own choice."""

    sources: Sources
    period: Period
    preset: str
    by: Dimension
    everything: bool
    only: Mapping[Dimension, Key]

    def query(self, **changes: object) -> str:
        """The part of an address behind `?` that asks for the same but for the changes."""
        parts: dict[str, object] = {"by": self.by, "scope": "all" if self.everything else None}
        if self.preset:
            parts["period"] = self.preset
        else:
            parts |= {"first": self.period.first, "last": self.period.last}
        parts |= {name: NONE if key is None else key for name, key in self.only.items()}
        parts |= changes
        return urlencode({name: str(part) for name, part in parts.items() if part is not None})


def read_from(request: Request) -> tuple[PeriodForm, Asked | None]:
    """None where the days make no sense: the form says why."""
    form = PeriodForm(request.GET)
    return form, read(request.GET, form, request.user) if form.is_valid() else None


def read(given: Mapping[str, str], form: PeriodForm, user: User) -> Asked:
    """`form` is valid. Raises NotFound for what is not the user's to ask."""
    everything = given.get("scope") == "all"
    if everything and not may_see_all_usage(user):
        raise nothing_here()
    sources, only = usage_visible_to(user, everything=everything), _only(given)
    sources = sources.only(**{f"{name}_id": key for name, key in only.items()})
    preset = given.get("period", "")
    preset = preset if preset in Preset else Preset.MONTH
    by = given.get("by", "")
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    needs_beginning = not first and (last or preset == Preset.ALL)
    begin = beginning(sources, today()) if needs_beginning else today()
    if first or last:
        until = min(last or today(), today())
        period, preset = Period(first or max(min(begin, until), EARLIEST), until), ""
    else:
        period = period_of(Preset(preset), today(), max(begin, EARLIEST))
    standard = Dimension.ROLE if Dimension.DOCUMENT in only else Dimension.DOCUMENT
    return Asked(
        sources, period, preset, Dimension(by) if by in Dimension else standard, everything, only
    )


def _only(given: Mapping[str, str]) -> dict[Dimension, Key]:
    only: dict[Dimension, Key] = {}
    for name in Dimension:
        value = given.get(name, "")
        try:
            if value == NONE:
                only[name] = None
            elif value:
                only[name] = uuid.UUID(value) if name == Dimension.DOCUMENT else int(value)
        except ValueError:
            raise nothing_here() from None
    return only
