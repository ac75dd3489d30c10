"""A worker's log lines say which run and step they belong to."""

import json
import logging
from io import StringIO

import pytest
from django.contrib.auth.models import User
from structlog.stdlib import ProcessorFormatter

from agents.actions.runs import start_draft
from agents.models import Model
from project.logs import logging_config
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


def test_steps_at_work_side_by_side_keep_their_lines_apart(
    document: Document, author: User, fake_provider: FakeProvider
) -> None:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.save()
    formatter = logging_config(as_json=True)["formatters"]["lines"]
    formatter.pop("()")
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(ProcessorFormatter(**formatter))
    logger = logging.getLogger("agents")
    logger.addHandler(handler)
    try:
        run = finished(start_draft(document, acting_user=author))
    finally:
        logger.removeHandler(handler)
    lines = [json.loads(line) for line in handler.stream.getvalue().splitlines()]
    began = [line for line in lines if line["event"] == "step began"]
    assert {line["run"] for line in began} == {str(run.pk)}
    assert {line["step"] for line in began} == {
        str(pk) for pk in run.steps.values_list("pk", flat=True)
    }
    for line in began:
        step = run.steps.get(pk=line["step"])
        assert (line["kind"], line["role"], line["attempt"]) == (step.kind, step.role.slug, 1)
