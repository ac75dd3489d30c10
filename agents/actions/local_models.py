"""Fetching weights and putting them into use; the work itself is a worker's."""

import shutil

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import get_language

from agents.local_server import use_bundled
from agents.models import LocalModel, LocalModelState
from agents.models.local_models import ACTIVE
from agents.wakes import wake_fetching, wake_switching
from writing.audit import record

STOPPABLE = (LocalModelState.WAITING, LocalModelState.FETCHING)
AGAIN = (LocalModelState.FAILED, LocalModelState.CANCELLED)


def fetch_local_model(model: LocalModel, *, acting_user: AbstractBaseUser) -> LocalModel:
    """Saves the row, and has a worker fetch the weights."""
    with transaction.atomic():
        model.created_by_id = acting_user.pk
        model.state, model.locale = LocalModelState.WAITING, _locale()
        model.save()
        record("local_model.fetched", actor=acting_user, target=str(model))
        wake_fetching(model.pk)
    return model


def cancel_fetching(model: LocalModel, *, acting_user: AbstractBaseUser) -> bool:
    """False if it is too late. What has come stays, so that it can be resumed."""
    with transaction.atomic():
        mine = LocalModel.objects.filter(pk=model.pk)
        done = mine.filter(state__in=STOPPABLE).update(state=LocalModelState.CANCELLED)
        done += mine.filter(state=LocalModelState.STARTING).update(state=LocalModelState.READY)
        if done:
            record("local_model.cancelled", actor=acting_user, target=str(model))
    return bool(done)


def fetch_again(model: LocalModel, *, acting_user: AbstractBaseUser) -> bool:
    """Goes on where it was left; False if there is nothing to go on with."""
    with transaction.atomic():
        again = LocalModel.objects.filter(pk=model.pk, state__in=AGAIN)
        done = again.update(state=LocalModelState.WAITING, problem="", locale=_locale())
        if done:
            record("local_model.fetched", actor=acting_user, target=str(model))
            wake_fetching(model.pk)
    return bool(done)


def use_local_model(model: LocalModel, *, acting_user: AbstractBaseUser) -> bool:
    """Has a worker start the model server with it; False if it is not ready, or in use."""
    with transaction.atomic():
        others = LocalModel.objects.filter(state=LocalModelState.STARTING).exclude(pk=model.pk)
        ready = LocalModel.objects.filter(pk=model.pk, state=LocalModelState.READY, is_used=False)
        if others.exists() or not ready.update(
            state=LocalModelState.STARTING, heartbeat_at=None, problem="", locale=_locale()
        ):
            return False
        record("local_model.used", actor=acting_user, target=str(model))
        wake_switching(model.pk)
    return True


def _locale() -> str:
    return get_language() or settings.LANGUAGE_CODE


def use_bundled_model(*, acting_user: AbstractBaseUser) -> None:
    """The model server goes back to the weights that come with Scriptorium."""
    use_bundled()
    record("local_model.bundled_used", actor=acting_user)


def delete_local_model(model: LocalModel, *, acting_user: AbstractBaseUser) -> bool:
    """The row and its file; False while it is in use or a worker is at it."""
    with transaction.atomic():
        idle = LocalModel.objects.filter(pk=model.pk, is_used=False).exclude(state__in=ACTIVE)
        if not idle.delete()[0]:
            return False
        record("local_model.deleted", actor=acting_user, target=str(model))
        directory = model.path.parent
        transaction.on_commit(lambda: shutil.rmtree(directory, ignore_errors=True))
    return True
