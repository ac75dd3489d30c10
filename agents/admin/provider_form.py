"""The form of a provider: a secret never shown, and what is known of well-known ones."""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from agents.admin.connection import ChosenModelsField, test_url_of
from agents.models import Provider
from agents.presets import preset_of

# What may stand in a header.
KEY = re.compile(r"[\x21-\x7e]+")


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    """The key goes in and never comes out: an empty field keeps the one there is."""

    base_url = forms.URLField(
        label=gettext_lazy("Base URL"),
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "url"}),
        help_text=gettext_lazy("Ends in /v1 for most providers."),
    )
    api_key = forms.CharField(
        label=gettext_lazy("API key"),
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    remove_key = forms.BooleanField(
        label=gettext_lazy("Remove the saved key"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
    )
    chosen_models = ChosenModelsField(label=gettext_lazy("Connection"), required=False)

    class Meta:
        model = Provider
        fields = [
            *("name", "slug", "base_url", "api_key"),
            *("concurrency", "requests_per_minute", "tokens_per_minute"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.pop("api_key", None)
        if self.instance.api_key:
            help_text = _("A key is saved. Leave empty to keep it, or type the one to use instead.")
        else:
            help_text = _("Kept encrypted and never shown again. Leave empty if none is needed.")
        if preset := preset_of(self["base_url"].value() or ""):
            help_text = f"{preset.hint} {help_text}"
        self.fields["api_key"].help_text = help_text
        widget: Any = self.fields["chosen_models"].widget
        widget.test_url = test_url_of(self.instance)
        if self.instance.pk:
            widget.known = frozenset(self.instance.models.values_list("name", flat=True))

    def clean_api_key(self) -> str:
        key: str = self.cleaned_data["api_key"]
        if key and not KEY.fullmatch(key):
            raise ValidationError(_("No key has such characters: copy it again, on its own."))
        return key

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("remove_key") and cleaned.get("api_key"):
            self.add_error("api_key", _("Either type a key or remove the saved one."))
        elif not cleaned.get("remove_key") and "api_key" in cleaned:
            if not cleaned["api_key"] and self.instance.api_key and self._leads_elsewhere(cleaned):
                self.add_error(
                    "api_key",
                    _(
                        "The saved key is for another address and is not sent to this one: type "
                        "this one's key, or remove the saved one."
                    ),
                )
            else:
                cleaned["api_key"] = cleaned["api_key"] or self.instance.api_key
        return cleaned

    def _leads_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """Whether the address is another server's, which could be one that collects keys."""
        before, now = (
            urlsplit(url) for url in (self.instance.base_url, cleaned.get("base_url") or "")
        )
        return bool(now.netloc) and (before.scheme, before.netloc) != (now.scheme, now.netloc)
