"""Prices come from a list, by hand or by both, and what a person entered stays."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from agents import price_list
from agents.listing import ListedModel
from agents.models import Model, Provider
from tests.agents.test_admin import model_row, provider_form
from writing.models import AuditEntry

pytestmark = pytest.mark.django_db
OPENAI = "https://api.openai.com/v1"


@pytest.fixture(autouse=True)
def _own_list(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(slug="openai", name="OpenAI", base_url=OPENAI)


def write_list(tmp_path: Path, **changes: Any) -> Path:
    price = {"input": "3", "cached": "0.3", "output": "9"}
    content = {
        "date": "2999-01-01",
        "currency": "USD",
        "providers": {"openai": {"gpt-4.1": price}},
    } | changes
    path = tmp_path / "new.json"
    path.write_text(json.dumps(content))
    return path


def of(model: Model) -> tuple[Decimal, Decimal, Decimal, str]:
    model.refresh_from_db()
    return model.input_price, model.cached_price, model.output_price, model.price_source


def test_the_shipped_list_is_sound() -> None:
    prices = price_list.current()
    for slug, models in prices.providers.items():
        assert models, slug
        for name, price in models.items():
            assert price.cached <= price.input <= price.output, name
            assert price.context_tokens, name
    azure = "https://mine.openai.azure.com/openai/v1"
    assert prices.of_provider(azure) == prices.of_provider(OPENAI)
    assert prices.find("https://models.example.com/v1", "gpt-4.1") is None


def test_a_snapshot_costs_what_its_model_costs() -> None:
    prices = price_list.current()
    assert prices.find(OPENAI, "gpt-4.1-2025-04-14") == prices.find(OPENAI, "gpt-4.1")
    assert prices.find(OPENAI, "gpt-4.1-fine-tuned") is None


def test_the_command_prices_what_nobody_priced(provider: Provider, capsys: Any) -> None:
    unset = Model.objects.create(provider=provider, name="gpt-4.1")
    own = Model.objects.create(
        provider=provider, name="gpt-4o", input_price=1, output_price=1, price_source="hand"
    )
    Model.objects.create(provider=provider, name="mine")
    call_command("prices")
    assert "1 changed, 0 already so, 1 entered by hand and kept, 1 not" in capsys.readouterr().out
    assert of(unset) == (Decimal(2), Decimal("0.5"), Decimal(8), "list")
    assert of(own) == (Decimal(1), Decimal(0), Decimal(1), "hand")
    call_command("prices", "--replace")
    assert "1 changed, 1 already so, 0 entered" in capsys.readouterr().out
    assert of(own) == (Decimal("2.5"), Decimal("1.25"), Decimal(10), "list")


def test_a_newer_list_is_kept_and_an_older_one_is_not_used(
    provider: Provider, tmp_path: Path
) -> None:
    model = Model.objects.create(provider=provider, name="gpt-4.1")
    call_command("prices", str(write_list(tmp_path)))
    assert of(model)[:3] == (Decimal(3), Decimal("0.3"), Decimal(9))
    assert price_list.current().date.year == 2999
    price_list.own_path().write_text(write_list(tmp_path, date="2020-01-01").read_text())
    assert price_list.current().date.year > 2020


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"currency": "EUR"}, "in EUR and this site in USD"),
        ({"date": "tomorrow"}, "is not a price list"),
        ({"currency": 1}, "is not a price list"),
        ({"providers": []}, "is not a price list"),
        ({"providers": {"acme": {}}}, "acme is no provider that is known here: azure, cohere"),
        ({"providers": {"openai": "azure"}}, "is not a price list"),
        ({"providers": {"openai": {"m": {"input": "1"}}}}, "openai, m: input, cached and output"),
        (
            {"providers": {"openai": {"m": {"input": -1, "cached": 0, "output": 1}}}},
            "amounts from 0",
        ),
        (
            {"providers": {"openai": {"m": {"input": "NaN", "cached": 0, "output": 1}}}},
            "amounts from 0",
        ),
        (
            {"providers": {"openai": {"m": {"input": "0.00001", "cached": 0, "output": 1}}}},
            "four decimal places",
        ),
        (
            {"providers": {"openai": {"m": {"input": 1, "cached": 0, "output": 1, "tier": "x"}}}},
            "tier is small",
        ),
    ],
)
def test_a_wrong_list_changes_nothing(
    provider: Provider, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    model = Model.objects.create(provider=provider, name="gpt-4.1")
    with pytest.raises(CommandError, match=said):
        call_command("prices", str(write_list(tmp_path, **changes)))
    assert of(model)[3] == "unset"
    assert not price_list.own_path().exists()


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    for name in ("broken.json", "missing.json"):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("prices", str(tmp_path / name))


def test_prices_entered_in_a_form_are_by_hand(administrator: Client, provider: Provider) -> None:
    rows = {"models-TOTAL_FORMS": "2"} | model_row(0, "gpt-4.1")
    rows |= model_row(1, "gpt-4o", input_price="0", cached_price="0", output_price="0")
    form = provider_form(base_url=OPENAI, **rows)
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    assert administrator.post(path, form).status_code == 302
    by_hand, from_list = provider.models.get(name="gpt-4.1"), provider.models.get(name="gpt-4o")
    assert of(by_hand) == (Decimal(1), Decimal("0.1"), Decimal(4), "hand")
    assert of(from_list) == (Decimal("2.5"), Decimal("1.25"), Decimal(10), "list")
    # Saved again without another price it stays what it was; with one it is by hand.
    path = reverse("admin:agents_model_change", args=[from_list.pk])
    row = {name.removeprefix("models-1-"): value for name, value in rows.items()}
    row |= {"provider": str(provider.pk), "input_price": "2.5", "cached_price": "1.25"}
    administrator.post(path, row | {"output_price": "10", "tier": "small"})
    assert of(from_list)[3] == "list"
    administrator.post(path, row | {"output_price": "11"})
    assert of(from_list)[2:] == (Decimal(11), "hand")


def test_the_list_is_applied_from_the_models_page(
    administrator: Client, provider: Provider
) -> None:
    unset = Model.objects.create(provider=provider, name="gpt-4.1")
    own = Model.objects.create(
        provider=provider, name="gpt-4o", output_price=1, price_source="hand"
    )
    listed = reverse("admin:agents_model_changelist")
    form = {"action": "apply_list", "_selected_action": [str(unset.pk), str(own.pk)]}
    page = administrator.post(listed, form, follow=True).content.decode()
    assert "1 model has the prices of" in page
    assert "1 model keeps the prices entered by hand." in page
    assert "2 · 0.5 · 8" in page
    assert of(own)[3] == "hand"
    administrator.post(listed, form | {"action": "return_to_list"})
    assert of(own)[3] == "list"
    assert AuditEntry.objects.filter(event="model.priced").count() == 2


def test_models_chosen_of_a_listing_bring_their_prices(
    administrator: Client, provider: Provider
) -> None:
    box = ListedModel("gpt-4.1-mini", 1_047_576).as_json
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    administrator.post(path, provider_form(base_url=OPENAI, chosen_models=[box]))
    model = provider.models.get()
    assert of(model) == (Decimal("0.4"), Decimal("0.1"), Decimal("1.6"), "list")
    assert model.tier == "medium"


def test_a_broken_list_of_ones_own_stops_nothing(administrator: Client, provider: Provider) -> None:
    price_list.own_path().write_text("{")
    model = Model.objects.create(provider=provider, name="gpt-4.1")
    form = {"action": "apply_list", "_selected_action": [str(model.pk)]}
    page = administrator.post(reverse("admin:agents_model_changelist"), form, follow=True)
    assert "prices.json cannot be read" in page.content.decode()
    box = ListedModel("gpt-4o", 128_000).as_json
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    page = administrator.post(
        path, provider_form(base_url=OPENAI, chosen_models=[box]), follow=True
    )
    assert "prices.json cannot be read" in page.content.decode()
    assert of(provider.models.get(name="gpt-4o"))[3] == "unset"
