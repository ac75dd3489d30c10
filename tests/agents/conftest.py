"""A document to draft, and the process's own loop to draft it on."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pycrdt import XmlElement, XmlText

from agents import reaper, worker
from agents.models import Attempt, Run, RunState, Step
from agents.seeds import seed
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.actions.text import append_update, claim_client, load_updates
from writing.models import Document, Section
from writing.text.peer import Peer

PATIENCE_SECONDS = 60


@pytest.fixture
def author(db: None) -> User:
    return User.objects.create_superuser("ada", "ada@example.org", "secret")


@pytest.fixture
def administrator(client: Client) -> Client:
    """Signed in, where everything is seeded."""
    client.force_login(User.objects.create_superuser("root", "root@example.com", "pw"))
    seed()
    return client


@pytest.fixture
def document(author: User) -> Document:
    """With a brief and three empty sections."""
    seed()
    document = create_document(author, title="Reefs", brief="Coral reefs, for divers.")
    for title in ("Where they grow", "Who lives there", "What harms them"):
        add_section(document, title=title, target_words=40)
    return document


@pytest.fixture
def sections(document: Document) -> list[Section]:
    return list(document.sections.present())


@pytest.fixture
def eager(settings: Any) -> Iterator[None]:
    """Waking a worker starts the step on this process's loop. Ends when nothing runs any more."""
    settings.RETRY_SECONDS, settings.CIRCUIT_SECONDS = 0.02, 0.3
    current_app.conf.task_always_eager = True
    try:
        yield
        until(lambda: not worker.running_steps())
    finally:
        current_app.conf.task_always_eager = False


def until(condition: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.02)


def finished(run: Run, seconds: float = PATIENCE_SECONDS) -> Run:
    """The run when it has ended."""
    reaped_at = time.monotonic()

    def has_ended() -> bool:
        nonlocal reaped_at
        if time.monotonic() - reaped_at > 1:
            reaped_at = time.monotonic()
            reaper.reap()
        run.refresh_from_db()
        return run.state != RunState.RUNNING

    try:
        until(has_ended, seconds)
    except AssertionError as error:
        steps = Step.objects.filter(run=run).values_list("kind", "state", "problem")
        errors = Attempt.objects.filter(step__run=run).exclude(error="")
        raise AssertionError(
            f"{list(steps)} {list(errors.values_list('error', flat=True))}"
        ) from error
    return run


def type_into(section: Section, text: str, user: User) -> None:
    """A person adds a paragraph."""
    _seq, updates = load_updates(section.pk)
    peer = Peer(random.randrange(1, 2**31), updates)
    peer.body.children.append(XmlElement("paragraph", {}, [XmlText(text)]))
    update = peer.take()
    assert update
    assert claim_client(section.pk, peer.client_id, user_id=user.pk)
    with transaction.atomic():
        append_update(section.pk, update, user_id=user.pk)
