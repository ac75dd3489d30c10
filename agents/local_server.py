"""The model server on this machine: which weights it is to run with, and which it does.

`agents` writes the choice into a small file; whoever runs the server (`manage.py up`) follows it,
and leaves a note beside it where the weights do not do. Neither knows the other.
"""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from agents.actions.models import hand_over_to
from agents.held import Held, Stopped, take
from agents.models import LocalModel, LocalModelState, Model, Provider
from agents.seeds import OTHER_LOCAL_CONTEXT_TOKENS, seed_bundled_model

START_SECONDS = 180.0
LOOK_SECONDS = 0.5
ASK_SECONDS = 2


def read_choice() -> str:
    """The chosen file's content; empty for the bundled weights."""
    path: Path = settings.LOCAL_MODEL_CHOICE
    return path.read_text() if path.exists() else ""


def write_choice(content: str) -> None:
    """Have the server run with these weights; with the bundled ones where it is empty."""
    path: Path = settings.LOCAL_MODEL_CHOICE
    path.parent.mkdir(parents=True, exist_ok=True)
    _refusal().unlink(missing_ok=True)
    if not content:
        path.unlink(missing_ok=True)
        return
    partial = path.with_suffix(".part")
    partial.write_text(content)
    partial.replace(path)


def choice_of(model: LocalModel) -> str:
    values = {"weights": str(model.path), "context_tokens": OTHER_LOCAL_CONTEXT_TOKENS}
    return json.dumps(values)


def _refusal() -> Path:
    path: Path = settings.LOCAL_MODEL_CHOICE
    return path.with_name("refused.json")


def running_model() -> str | None:
    """What the server runs with, by name; None while it does not answer."""
    url = f"http://127.0.0.1:{settings.LOCAL_MODEL_PORT}/v1/models"
    try:
        with urllib.request.urlopen(url, timeout=ASK_SECONDS) as answer:
            names = [entry["id"] for entry in json.load(answer)["data"]]
    except (OSError, ValueError, KeyError, TypeError, urllib.error.URLError):
        return None
    return names[0] if names else None


def switch(pk: int) -> None:
    """Start the server with a model that was chosen; back to what it had where that fails.

    Safe to repeat, late or twice.
    """
    waiting = Q(state=LocalModelState.STARTING, heartbeat_at=None)
    model = take(pk, waiting=waiting, state=LocalModelState.STARTING)
    if model is None:
        return
    before = LocalModel.objects.filter(is_used=True).exclude(pk=pk).first()
    with translation.override(model.locale), Held(model) as held:
        try:
            if not model.path.exists():
                problem = _("Its file is gone: fetch it again.")
            else:
                write_choice(choice_of(model))
                problem = _wait(held)
            if problem:
                write_choice(choice_of(before) if before else "")
                held.update(state=LocalModelState.READY, problem=problem)
                return
            with transaction.atomic():
                held.update(state=LocalModelState.READY, problem="")
                _put_into_use(model)
        except Stopped:
            # Another worker goes on where this one ends; cancelled, it is as it was before.
            mine = LocalModel.objects.filter(pk=pk, attempt=model.attempt)
            if not mine.filter(state=LocalModelState.STARTING).update(heartbeat_at=None):
                write_choice(choice_of(before) if before else "")


def _wait(held: Held) -> str:
    """Until the server runs with the model; else why it does not."""
    deadline = time.monotonic() + START_SECONDS
    while running_model() != held.model.name:
        held.check()
        if _refusal().exists():
            reason = json.loads(_refusal().read_text()).get("reason", "")
            return _("The model server does not take it. %(reason)s") % {"reason": reason}
        if time.monotonic() > deadline:
            return _(
                "The model server did not start with it within %(seconds)d seconds. It has to run "
                "on the worker's machine, as with make run, and needs memory for the model."
            ) % {"seconds": START_SECONDS}
        time.sleep(LOOK_SECONDS)
    return ""


def _put_into_use(local: LocalModel) -> None:
    """In a transaction: the model's row says what runs, and whoever named another one that ran
    there before now names this one."""
    LocalModel.objects.filter(is_used=True).exclude(pk=local.pk).update(is_used=False)
    LocalModel.objects.filter(pk=local.pk).update(is_used=True)
    provider = Provider.objects.get(is_bundled=True)
    model, _is_new = Model.objects.get_or_create(
        provider=provider,
        name=local.name,
        defaults={
            "tier": Model.Tier.MEDIUM,
            "context_tokens": OTHER_LOCAL_CONTEXT_TOKENS,
        },
    )
    hand_over_to(model)


def use_bundled() -> None:
    """Back to the weights that come with Scriptorium: nothing can be wrong with these."""
    write_choice("")
    with transaction.atomic():
        LocalModel.objects.filter(is_used=True).update(is_used=False)
        hand_over_to(seed_bundled_model())
