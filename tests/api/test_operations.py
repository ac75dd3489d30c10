"""Every operation of the API, tried by everybody: the schema says which there are."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from agents.actions.batches import create_batch
from agents.actions.runs import start_draft, stop_run
from agents.briefs import Brief
from agents.models import Batch, Workflow
from project.api import api
from tests.api.conftest import API, Program, program_of
from tests.writing.conftest import Desk
from writing.actions.documents import delete_document
from writing.actions.sections import delete_section

# What opens with any token of one's own, and names nothing that could be somebody else's.
OF_NOBODY = {
    "read_token",
    "list_documents",
    "create_document",
    "list_workflows",
    "list_batches",
    "create_batch",
    "read_usage",
}
# A batch is its owner's alone.
OF_A_BATCH = {
    "read_batch",
    "list_batch_rows",
    "export_batch",
    "pause_batch",
    "resume_batch",
    "cancel_batch",
    "retry_batch",
    "retry_batch_row",
    "change_batch_budget",
}
BODIES: dict[str, Any] = {
    "create_document": {"title": "x"},
    "change_document": {"title": "x"},
    "create_section": {"title": "x"},
    "change_section": {"title": "x"},
    "start_run": {"purpose": "draft"},
    "estimate_draft": {},
    "raise_limit": {"limit": "1.00"},
    "create_batch": {"name": "x", "rows": [{"title": "x", "brief": "y"}]},
    "change_batch_budget": {"budget": "1.00"},
}
READS = {
    "export_document",
    "list_runs",
    "list_sections",
    "list_steps",
    "read_document",
    "read_record",
    "read_run",
    "read_section",
}
OF_THE_OWNER = {"delete_document", "restore_document"}


@dataclass
class Operation:
    name: str
    method: str
    path: str
    scopes: list[str]

    def ask(self, program: Program, ids: dict[str, Any]) -> Any:
        path = re.sub(r"{(\w+)}", lambda found: str(ids[found[1]]), self.path)
        return program.ask(self.method, path.removeprefix(API), BODIES.get(self.name))


def operations() -> Iterator[Operation]:
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, details in methods.items():
            scopes = [scope for each in details["security"] for scope in each["Token"]]
            yield Operation(details["operationId"], method.upper(), path, scopes)


@pytest.fixture
def ids(desk: Desk) -> dict[str, Any]:
    call_command("seed", verbosity=0)
    run = start_draft(desk.document, acting_user=desk.people["owner"])
    return {
        "document_id": desk.document.pk,
        "section_id": desk.sections[1].pk,
        "run_id": run.pk,
        "batch_id": a_batch(desk.people["owner"]).pk,
        "number": 1,
        "format": "md",
    }


def a_batch(owner: User) -> Batch:
    workflow = Workflow.objects.get(is_default=True)
    return create_batch(owner, name="Sea", workflow=workflow, rows=[Brief("Reefs", "For divers.")])


def unknown(ids: dict[str, Any]) -> dict[str, Any]:
    return {name: uuid.uuid4() for name in ids} | {"format": "md", "number": 1}


def test_a_foreign_token_sees_nothing_and_what_is_unknown_looks_the_same(desk: Desk, ids):
    foreign = program_of(desk.people["stranger"])
    for operation in operations():
        if operation.name in OF_NOBODY:
            continue
        answer = operation.ask(foreign, ids)
        assert answer.status_code == 404, operation
        assert answer.content == operation.ask(foreign, unknown(ids)).content, operation
        assert answer.json()["code"] == "not_found"
    assert json.loads(foreign.get("documents").content)["items"] == []
    assert json.loads(foreign.get("documents?deleted=true").content)["items"] == []
    assert json.loads(foreign.get("batches").content)["items"] == []
    assert json.loads(foreign.get("usage").content)["items"] == []


def test_no_operation_does_without_a_token_or_its_scope(desk: Desk, ids):
    for operation in operations():
        assert operation.ask(Program("wrong"), ids).status_code == 401, operation
        if operation.name == "read_token":
            continue
        [scope] = operation.scopes
        others = {"documents:write", "runs:write", "batches:write"} - {
            scope.split(":")[0] + ":write"
        }
        refused = operation.ask(program_of(desk.people["owner"], *others), ids)
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope"), operation


def test_roles_on_a_document_hold_for_programs(desk: Desk, ids):
    viewer, editor = program_of(desk.people["viewer"]), program_of(desk.people["editor"])
    for operation in operations():
        if operation.name in OF_NOBODY:
            continue
        status = operation.ask(viewer, ids).status_code
        if operation.name in OF_A_BATCH:
            assert status == operation.ask(editor, ids).status_code == 404, operation
        elif operation.name in READS:
            assert status == 200, operation
        else:
            assert status == (404 if operation.name.startswith("restore") else 403), operation
        if operation.name in OF_THE_OWNER - {"restore_document"}:
            assert operation.ask(editor, ids).status_code == 403, operation


def test_a_deleted_document_is_gone_for_every_operation(desk: Desk, ids):
    delete_document(desk.document, acting_user=desk.people["owner"])
    editor = program_of(desk.people["editor"])
    for operation in operations():
        if operation.name not in OF_NOBODY | OF_A_BATCH | {"restore_document"}:
            assert operation.ask(editor, ids).status_code == 404, operation


def test_lists_take_a_constant_number_of_queries(desk: Desk, ids, count_queries):
    owner = desk.people["owner"]
    mine = program_of(owner)
    lists = [each for each in operations() if each.name.startswith("list_")]
    assert len(lists) == 7
    mine.get("token")

    def counts() -> dict[str, int]:
        return {each.name: count_queries(partial(each.ask, mine, ids)) for each in lists}

    few = counts()
    stop_run(desk.document.runs.get(), acting_user=owner)
    for number in range(3):
        mine.post(f"documents/{desk.document.pk}/sections", {"title": f"More {number}"})
        mine.post("documents", {"title": f"Another {number}"})
        mine.post("batches", {"name": "More", "rows": [{"title": "x", "brief": "y"}] * 3})
        stop_run(start_draft(desk.document, acting_user=owner), acting_user=owner)
    ids["batch_id"] = Batch.objects.latest("created_at").pk
    ids["run_id"] = desk.document.runs.latest("created_at").pk
    assert counts() == few


def test_lists_have_pages(desk: Desk, program):
    mine = program("viewer")
    path = f"documents/{desk.document.pk}/sections?page_size=2"
    pages = [mine.get(f"{path}&page={number}").json() for number in (1, 2, 3)]
    assert [[each["title"] for each in page["items"]] for page in pages] == [
        ["Streets", "Walls"],
        ["Night"],
        [],
    ]
    assert {(page["pages"], page["count"]) for page in pages} == {(2, 3)}
    assert mine.get(f"{path}&page=0").status_code == 422
    assert mine.get(f"{path}&page_size=101").status_code == 422


def test_what_the_trash_holds_is_the_owners_and_the_editors(desk: Desk, program):
    owner, viewer = program("owner"), program("viewer")
    delete_section(desk.sections[0], acting_user=desk.people["owner"])
    path = f"documents/{desk.document.pk}/sections?deleted=true"
    assert [each["title"] for each in owner.get(path).json()["items"]] == ["Streets"]
    assert viewer.get(path).status_code == 403
    delete_document(desk.document, acting_user=desk.people["owner"])
    found = owner.get("documents?deleted=true").json()["items"]
    assert [each["title"] for each in found] == ["The quiet city"]
    assert found[0]["deleted_at"]
    assert viewer.get("documents?deleted=true").json()["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "nowhere", None, 404, "not_found"),
        ("GET", "documents/not-an-id", None, 404, "not_found"),
        ("PUT", "documents", None, 405, "method_not_allowed"),
        ("POST", "documents", b"{", 400, "bad_request"),
        ("POST", "documents", b"\xff", 400, "bad_request"),
        ("POST", "documents", {}, 422, "invalid_input"),
        ("POST", "documents", {"title": "x", "titel": "y"}, 422, "invalid_input"),
        ("POST", "documents", {"title": " "}, 422, "invalid_input"),
        ("POST", "documents", b'{"title": "\\ud800"}', 422, "invalid_input"),
        ("POST", "documents", {"title": "a\0b"}, 422, "invalid_input"),
        ("POST", "documents", b"[" * 100_000, 400, "bad_request"),
        ("POST", "documents", b" " * 3_000_000, 413, "too_large"),
    ],
)
def test_errors_have_one_shape(program, method, path, body, status, code):
    answer = program("owner").ask(method, path, body)
    said = answer.json()
    assert answer.status_code == said["status"] == status
    assert said["code"] == code
    assert set(said) == {"status", "code", "message", "errors"}
    assert said["message"]


def test_errors_name_the_field_and_speak_the_readers_language(program):
    answer = program("owner").post(
        "documents",
        {"title": "x", "outline": [{"title": "y"}, {"target_words": "ten"}]},
        **{"Accept-Language": "zh-hans"},
    )
    said = answer.json()
    assert [each["where"] for each in said["errors"]] == [
        "outline.1.title",
        "outline.1.target_words",
    ]
    assert "errors" in said["message"]
    assert not said["message"].isascii()


def test_the_page_that_explains_it_names_every_operation(desk: Desk):
    page = desk.client("viewer").get("/api/v1/docs")
    html = page.content.decode()
    for operation in operations():
        assert f'id="{operation.name}"' in html
    assert "unsafe" not in page["Content-Security-Policy"]
    assert desk.client("anonymous").get("/api/v1/docs").status_code == 302
    assert desk.client("anonymous").get("/api/v1/openapi.json").json()["info"]["version"] == "1"
    assert desk.client("viewer").get("/api/v1/")["Location"] == "/api/v1/docs"
