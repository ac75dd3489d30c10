"""Every address of the project that names a document or a part of one, tried by everybody."""

import uuid
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from agents.actions.runs import start_draft
from agents.models import Attempt
from tests.writing.conftest import HTMX, Desk
from writing.actions.invitations import invite
from writing.actions.links import create_link
from writing.actions.reverting import revert_section
from writing.actions.versions import take_version
from writing.models import Decision, Image, Reading

# Not ours, or the API's, which tests/api walks: their own tests and rights. What opens by a token,
# or by a session that brought one, has its own tests too.
ELSEWHERE = {"admin", "account", "ninja"}
THEIRS = ("account_", "mfa_", "usersessions_")
WITHOUT_A_DOCUMENT = {
    # Their owner's alone: see tests/agents/test_views_batches.py.
    "batch",
    "cancel_batch",
    "pause_batch",
    "raise_batch_budget",
    "resume_batch",
    "retry_batch",
    "retry_batch_row",
    "end_session",
    "follow_link",
    "follow_notification",
    "healthz",
    "invitation",
    "library",
    "link",
    "mark_read",
    "new_document",
    "restore_token",
    "revoke_token",
    "set_language",
    "setup",
    "unsubscribe",
    "usage_file",
    "usage_rows",
    "welcome",
}
# What a person sent for a batch, and their webhooks: see tests/agents/test_new_batch.py and others.
WITHOUT_A_DOCUMENT |= {
    "delete_webhook",
    "delivery",
    "discard_upload",
    "download_batch",
    "estimate_upload",
    "preview_batch",
    "renew_secret",
    "sample_briefs",
    "send_again",
    "test_webhook",
    "webhook",
}
READS = {
    "compare",
    "attempt",
    "manuscript",
    "export",
    "history",
    "image",
    "outline",
    "provenance",
    "review",
    "record",
    "replay",
    "replay_frames",
    "runs",
    "run",
    "share",
    "step",
    "version_changes",
}
READS_OF_AN_EDITOR = {"deleted_sections"}
READS_OF_A_COMMENTER = {"mentionable"}
# The panel's hint is put away for oneself. Who leaves would find nothing afterwards.
ORDERS_OF_A_VIEWER = {"dismiss_hint"}
LEAVING = {"leave"}
ORDERS_OF_A_COMMENTER = {
    "comment",
    "suggest",
    "reply",
    "resolve_thread",
    "reopen_thread",
    "retry_answer",
    *ORDERS_OF_A_VIEWER,
}
NO_IDS: dict[str, object] = {
    "suffix": "md",
    "join": 0,
    "client_id": 7,
    "comment_id": 999_999,
    "member_id": 999_999,
    "version_id": 999_999,
    "removed": "nobody",
}
OF_THE_OWNER = {
    "change_role",
    "create_link",
    "delete_document",
    "invite",
    "remove_member",
    "restore_document",
    "revoke_invitation",
    "revoke_link",
}


def patterns(
    entries: list[URLPattern | URLResolver], namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        if isinstance(entry, URLResolver):
            if entry.app_name not in ELSEWHERE:
                yield from patterns(entry.url_patterns, entry.namespace or namespace)
        elif entry.name is None or not entry.name.startswith(THEIRS):
            yield namespace, entry


ROUTES = [
    (f"{namespace}:{pattern.name}", pattern.name, list(pattern.pattern.converters))
    for namespace, pattern in patterns(get_resolver().url_patterns)
    if pattern.name and pattern.pattern.converters
]
NAMES = [name for _, name, _ in ROUTES]


@pytest.fixture
def house(desk: Desk) -> dict[str, object]:
    call_command("seed", verbosity=0)
    version = take_version(desk.sections[1], "Before it was drafted")
    reversion = revert_section(version, desk.sections[1], acting_user=desk.people["owner"])
    run = start_draft(desk.document, acting_user=desk.people["owner"])
    attempt = Attempt.objects.create(
        step=run.steps.filter(section=desk.sections[1])[0], number=1, client_id=1
    )
    return {
        "document_id": desk.document.pk,
        "section_id": desk.sections[1].pk,
        "image_id": Image.objects.create(
            document=desk.document,
            uploaded_by=desk.people["editor"],
            data=b"pixels",
            content_type="image/webp",
            width=1,
            height=1,
            size=6,
        ).pk,
        "thread_id": desk.thread.pk,
        "run_id": run.pk,
        "attempt_id": attempt.pk,
        "step_id": run.steps.earliest("position").pk,
        "part_id": desk.sections[2].pk,
        "merged_id": desk.sections[2].pk,
        "batch": Decision.objects.create(
            batch=uuid.uuid4(),
            section=desk.sections[1],
            seq=1,
            inverse=b"\0\0",
            decided_by=desk.people["owner"],
        ).batch,
        **NO_IDS,
        "version_id": version.pk,
        "reversion_id": reversion.pk,
        "comment_id": desk.thread.comments.get().pk,
        "reading_id": Reading.objects.create(
            section=desk.sections[1], user=desk.people["editor"], seq=1
        ).pk,
        "member_id": desk.document.members.get(user=desk.people["viewer"]).pk,
        "invitation_id": invite(
            desk.document, acting_user=desk.people["owner"], email="eva@example.org", role="viewer"
        )[0].pk,
        "link_id": create_link(desk.document, acting_user=desk.people["owner"], role="editor")[
            0
        ].pk,
    }


def addresses(house: dict[str, object]) -> list[tuple[str, str]]:
    return [
        (name, reverse(path, kwargs={kwarg: house[kwarg] for kwarg in kwargs}))
        for path, name, kwargs in ROUTES
        if name not in WITHOUT_A_DOCUMENT
    ]


def statuses(desk: Desk, person: str, address: str, **headers: str) -> set[int]:
    """What each method that the address knows answers with."""
    client = desk.client(person)
    answers = {client.get(address, headers=headers).status_code}
    answers.add(client.post(address, headers=headers).status_code)
    return answers - {405}


def test_the_matrix_sees_the_addresses_of_both_apps():
    assert set(NAMES) >= READS | ORDERS_OF_A_COMMENTER | OF_THE_OWNER
    assert {"edit_section", "draft", "redraft", "stop_run"} <= set(NAMES)


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_to_a_stranger_nothing_is_there(desk: Desk, house, headers):
    for name, address in addresses(house):
        assert statuses(desk, "stranger", address, **headers) == {404}, name


def test_what_is_foreign_and_what_is_unknown_look_alike(desk: Desk, house):
    unknown: dict[str, object] = {kwarg: uuid.uuid4() for kwarg in house} | NO_IDS
    for (name, foreign), (_, missing) in zip(addresses(house), addresses(unknown), strict=True):
        pages = []
        for address in (foreign, missing):
            response = desk.client("stranger").post(address, headers=HTMX)
            if response.status_code == 405:
                response = desk.client("stranger").get(address, headers=HTMX)
            assert response.status_code == 404, name
            pages.append(response.content)
        assert pages[0] == pages[1], name
        assert statuses(desk, "owner", missing) == {404}, name


def test_a_visitor_is_asked_to_sign_in(desk: Desk, house):
    for name, address in addresses(house):
        client = desk.client("anonymous")
        assert client.get(address)["Location"] == f"/accounts/login/?next={address}", name
        response = client.post(address, headers=HTMX | {"HX-Current-URL": "http://testserver/x/"})
        assert response.status_code == 200, name
        assert response["HX-Redirect"] == "/accounts/login/?next=/x/", name
        assert not response.content, name


def test_a_viewer_reads_and_changes_nothing(desk: Desk, house):
    for name, address in addresses(house):
        client = desk.client("viewer")
        if name in READS:
            assert client.get(address, follow=True).status_code == 200, name
            continue
        if name in LEAVING:
            continue
        is_read = name in READS_OF_AN_EDITOR | READS_OF_A_COMMENTER
        ask = client.get if is_read else client.post
        status = ask(address, headers=HTMX).status_code
        if name in ORDERS_OF_A_VIEWER:
            assert status == 204, name
        else:
            assert status in (403, 404), name
            assert (status == 404) == name.startswith("restore"), name


def test_a_commenter_talks_and_changes_nothing_else(desk: Desk, house):
    for name, address in addresses(house):
        if name in READS | LEAVING or name.startswith("restore"):
            continue
        client = desk.client("commenter")
        is_read = name in READS_OF_AN_EDITOR | READS_OF_A_COMMENTER
        ask = client.get if is_read else client.post
        status = ask(address, headers=HTMX).status_code
        if name in ORDERS_OF_A_COMMENTER | READS_OF_A_COMMENTER:
            assert status in (200, 204, 422), name
        else:
            assert status == 403, name


def test_what_is_the_owners_is_not_an_editors(desk: Desk, house):
    for name, address in addresses(house):
        if name in OF_THE_OWNER - {"restore_document"}:
            assert desk.client("editor").post(address, headers=HTMX).status_code == 403, name


def test_an_editor_is_not_the_owner(desk: Desk, house):
    delete = reverse("writing:delete_document", args=[desk.document.pk])
    restore = reverse("writing:restore_document", args=[desk.document.pk])
    assert desk.client("editor").post(delete).status_code == 403
    assert desk.client("owner").post(delete).status_code == 302
    assert desk.client("editor").post(restore).status_code == 403
    assert desk.client("owner").post(restore).status_code == 302


def test_a_deleted_document_is_gone_on_every_route(desk: Desk, house):
    desk.client("owner").post(reverse("writing:delete_document", args=[desk.document.pk]))
    for name, address in addresses(house):
        for person in ("editor", "viewer", "stranger"):
            expected = {403} if name == "restore_document" and person != "stranger" else {404}
            assert statuses(desk, person, address) == expected, (name, person)


def test_no_address_is_open_to_visitors_by_accident(desk: Desk):
    for path in ("/", reverse("agents:new_document")):
        assert desk.client("anonymous").get(path)["Location"].startswith("/accounts/login/")
    assert desk.client("anonymous").get("/healthz/").status_code == 200


def test_an_unknown_address_gets_our_page(desk: Desk):
    response = desk.client("owner").get("/nowhere/")
    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_stale_form_is_told_so(desk: Desk):
    client = desk.client("owner")
    client.handler.enforce_csrf_checks = True
    response = client.post(
        reverse("writing:add_section", args=[desk.document.pk]), {"title": "x"}, headers=HTMX
    )
    assert response.status_code == 403
    assert response["HX-Retarget"] == "global #toasts"
    assert "Reload it" in response.content.decode()
