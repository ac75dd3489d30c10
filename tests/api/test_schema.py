"""Whatever the schema allows or forbids: no answer that it does not name, and no failure of ours.

`make api-fuzz` does the same for longer.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agents.actions.runs import start_draft, stop_run
from tests.api.conftest import program_of
from tests.api.test_operations import a_batch
from tests.writing.conftest import Desk

# Of each operation. With many, every edge of every field is tried, too.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
CHECKS = [
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
whole = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
# It is streamed by threads with connections of their own, which do not see this test's rows.
schema = whole.exclude(operation_id="export_batch")
# As everywhere in HTTP, a parameter in the address that nobody knows is left alone.
schema.config.generation.update(allow_extra_parameters=False)
if EXAMPLES < 10:
    schema.config.phases.update(phases=["fuzzing"])


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests leave the test's transaction alone, as those of Django's own client do."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def house(desk: Desk, one_connection: None) -> dict[str, Any]:
    """What there is, and who asks."""
    call_command("seed", verbosity=0)
    owner = desk.people["owner"]
    run = stop_run(start_draft(desk.document, acting_user=owner), acting_user=owner)
    ids = {
        "document_id": str(desk.document.pk),
        "section_id": str(desk.sections[0].pk),
        "run_id": str(run.pk),
        "batch_id": str(a_batch(owner).pk),
        "number": 1,
        "format": "html",
    }
    return {"ids": ids, "token": program_of(owner).token}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=False,
    database=None,
)
def test_answers_are_as_the_schema_says(case: Case, house: dict[str, Any]):
    """With ids that are made up, which hardly exist, and with those of what there is."""
    send(case, house["token"], [*CHECKS, negative_data_rejection])
    known = set(case.path_parameters or ()) & set(house["ids"])
    if known:
        for name in known:
            case.path_parameters[name] = house["ids"][name]
        send(case, house["token"], CHECKS)


def send(case: Case, token: str, checks: list[Any]) -> None:
    """Leaves everything as it was."""
    with transaction.atomic():
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks)
        transaction.set_rollback(True)
