from django.db import transaction

from agents.models import Model


def make_default(model: Model) -> Model:
    """Saves `model` as the one default model; the flag leaves the model that had it."""
    with transaction.atomic():
        Model.objects.filter(is_default=True).exclude(pk=model.pk).update(is_default=False)
        model.is_default = True
        model.save()
    return model
