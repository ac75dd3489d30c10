from collections.abc import Iterable

from django.db import transaction

from agents.actions.prices import take_price
from agents.actions.roles import MODELS, save_role
from agents.listing import ListedModel
from agents.models import Model, Provider, Role, Stage
from agents.price_list import PriceList


def make_default(model: Model) -> Model:
    """Saves `model` as the one default model; the flag leaves the model that had it."""
    with transaction.atomic():
        Model.objects.filter(is_default=True).exclude(pk=model.pk).update(is_default=False)
        model.is_default = True
        model.save()
    return model


def add_models(
    provider: Provider, listed: Iterable[ListedModel], prices: PriceList | None
) -> list[Model]:
    """Adds those that the provider does not have yet, with what the price list knows of them, and
    returns them."""
    with transaction.atomic():
        known = set(provider.models.values_list("name", flat=True))
        chosen = {model.name: model for model in listed if model.name not in known}
        return [_add(provider, model, prices) for model in chosen.values()]


def _add(provider: Provider, listed: ListedModel, prices: PriceList | None) -> Model:
    model = Model(provider=provider, name=listed.name)
    if listed.context_tokens:
        model.context_tokens = listed.context_tokens
    if prices and (known := prices.find(provider.base_url, model.name)):
        take_price(model, known, prices)
        model.tier = known.tier
        # Beyond it a prompt may cost more than the list says.
        model.context_tokens = known.context_tokens or model.context_tokens
    model.save()
    return model


def hand_over_to(model: Model) -> None:
    """In a transaction: what names another model of its provider names this one from now on."""
    others = Model.objects.filter(provider=model.provider).exclude(pk=model.pk)
    if others.filter(is_default=True).exists():
        make_default(model)
    old = set(others.values_list("pk", flat=True))
    for role in Role.objects.all():
        named = [name for name in MODELS if getattr(role, f"{name}_id") in old]
        if named:
            for name in named:
                setattr(role, name, model)
            save_role(role)
    Stage.objects.filter(model__in=old).update(model=model)
    Stage.objects.filter(escalation_model__in=old).update(escalation_model=model)
