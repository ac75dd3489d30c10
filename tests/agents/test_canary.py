"""A key that nobody could recognise by its looks is planted, and nothing that comes out has it."""

import json
import logging
import sqlite3
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.views.debug import SafeExceptionReporterFilter
from structlog.stdlib import ProcessorFormatter

from agents.actions.runs import start_draft
from agents.llm import spec_of
from agents.models import Attempt, Model, Provider, Run
from project.logs import logging_config
from tests.agents.conftest import finished
from tests.agents.test_admin import provider_form
from tests.fake_provider import FakeProvider
from writing.models import Document

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]
CANARY = "7f3c9a51canary0bbedd"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """All that is logged, as a process would write it."""
    made = logging_config(as_json=False)["formatters"]["lines"]
    made.pop("()")
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(ProcessorFormatter(**made))
    logging.getLogger().addHandler(handler)
    yield handler.stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def administrator(client: Client, author: User) -> Client:
    client.force_login(author)
    return client


@pytest.fixture
def planted(administrator: Client, document: Document, fake_provider: FakeProvider) -> Provider:
    """Saved through the form, and refused by a provider that answers with the key it was sent."""
    form = provider_form(base_url=fake_provider.base_url, api_key=CANARY)
    assert administrator.post(reverse("admin:agents_provider_add"), form).status_code == 302
    fake_provider.require_key("another")
    provider = Provider.objects.get(slug="elsewhere")
    assert provider.api_key == CANARY
    return provider


def pages_of(provider: Provider, run: Run) -> list[str]:
    attempt = Attempt.objects.filter(step__run=run).latest("pk")
    return [
        reverse("admin:agents_provider_changelist"),
        *(
            reverse(f"admin:agents_provider_{page}", args=[provider.pk])
            for page in ("change", "history", "delete")
        ),
        reverse("admin:agents_model_changelist"),
        reverse("admin:agents_run_change", args=[run.pk]),
        reverse("admin:index"),
        reverse("admin:writing_auditentry_changelist"),
        reverse("agents:run", args=[run.pk]),
        reverse("agents:record", args=[run.pk]),
        reverse("agents:step", args=[attempt.step_id]),
        reverse("writing:manuscript", args=[run.document_id]),
    ]


def test_the_key_comes_out_nowhere(
    administrator: Client, author: User, document: Document, planted: Provider, log: StringIO
) -> None:
    Model.objects.filter(is_default=True).update(is_default=False)
    Model.objects.create(provider=planted, name="fake", is_default=True)
    run = finished(start_draft(document, acting_user=author))
    refused = Attempt.objects.filter(step__run=run).exclude(error="")
    assert "does not accept the API key" in refused[0].error
    for path in pages_of(planted, run):
        answer = administrator.get(path)
        assert answer.status_code == 200, path
        assert CANARY not in answer.content.decode(), path
    change = reverse("admin:agents_provider_change", args=[planted.pk])
    test = reverse("admin:agents_provider_test_saved", args=[planted.pk])
    bad = provider_form(base_url="nonsense", api_key=CANARY)
    for path in (change, test):
        answer = administrator.post(path, bad)
        assert CANARY not in answer.content.decode()
        # What a report of an error would say of the form.
        told = SafeExceptionReporterFilter().get_post_parameters(answer.wsgi_request)
        assert told["base_url"] == "nonsense"
        assert CANARY not in str(told)
    tested = administrator.post(test, provider_form(base_url=planted.base_url))
    assert "does not accept the API key" in tested.content.decode()
    assert CANARY not in tested.content.decode()
    assert CANARY not in repr(spec_of(planted)) + repr(planted)
    assert "request" in log.getvalue()
    assert CANARY not in log.getvalue()


def test_whoever_logs_it_by_mistake_logs_stars(planted: Provider, log: StringIO) -> None:
    logger = logging.getLogger("agents.anything")
    logger.error("refused: %s", planted.api_key)
    try:
        raise ValueError(f"no such key: {planted.api_key}")
    except ValueError:
        logger.exception("broken")
    text = log.getvalue()
    assert "refused: ***" in text
    assert "ValueError: no such key: ***" in text
    assert CANARY not in text


def test_it_is_encrypted_in_the_database_and_in_what_is_dumped(
    planted: Provider, tmp_path: Path
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM agents_provider WHERE id = %s", [planted.pk])
        assert CANARY not in str(cursor.fetchone())
    if connection.vendor == "sqlite":
        copy = sqlite3.connect(tmp_path / "copy.sqlite3")
        connection.connection.backup(copy)
        copy.close()
        assert CANARY.encode() not in (tmp_path / "copy.sqlite3").read_bytes()
    for form in ("json", "xml"):
        file = tmp_path / f"dump.{form}"
        call_command("dumpdata", format=form, output=str(file), verbosity=0)
        assert "elsewhere" in file.read_text()
        assert CANARY not in file.read_text()
    Provider.objects.filter(pk=planted.pk).update(api_key="")
    [entry] = [
        entry
        for entry in json.loads((tmp_path / "dump.json").read_text())
        if entry["model"] == "agents.provider" and entry["fields"]["slug"] == "elsewhere"
    ]
    (tmp_path / "one.json").write_text(json.dumps([entry]))
    call_command("loaddata", str(tmp_path / "one.json"), verbosity=0)
    planted.refresh_from_db()
    assert planted.api_key == CANARY
