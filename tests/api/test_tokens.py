"""Who a token opens what for, and how tokens are made and end."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.api.conftest import Program, program_of
from tests.writing.conftest import Desk
from writing.models import ApiToken, AuditEntry
from writing.tokens import digest


def test_a_token_is_shown_once_and_kept_as_its_hash(desk: Desk):
    client = desk.client("owner")
    page = client.post(
        reverse("writing:tokens"), {"name": "Nightly", "scopes": ["documents:read"], "days": "30"}
    )
    row = ApiToken.objects.get()
    assert row.expires_at
    token = page.context["token"]
    assert token in page.content.decode()
    assert (row.token_hash, row.scopes) == (digest(token), ["documents:read"])
    assert len(token) >= 40
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=31)
    again = client.get(reverse("writing:tokens")).content.decode()
    assert token not in again
    assert row.prefix in again
    answer = Program(token).get("token")
    assert answer.status_code == 200
    assert answer.json()["username"] == "owner"
    assert "last used" in client.get(reverse("writing:tokens")).content.decode()


def test_the_form_says_what_is_missing_and_keeps_what_was_chosen(desk: Desk):
    page = desk.client("owner").post(
        reverse("writing:tokens"), {"name": "", "scopes": ["runs:read"], "days": "never"}
    )
    html = page.content.decode()
    assert page.status_code == 422
    assert "Say what the token is for" in html
    assert html.count("checked") == 1
    assert not ApiToken.objects.exists()


def test_revoking_ends_a_token_and_can_be_undone(desk: Desk, program):
    mine = program("owner")
    row = ApiToken.objects.get()
    client = desk.client("owner")
    for address, status in (("revoke_token", 401), ("restore_token", 200)):
        url = reverse(f"writing:{address}", args=[row.pk])
        assert desk.client("editor").post(url).status_code == 404
        assert client.post(url).status_code == 302
        assert mine.get("token").status_code == status
    events = AuditEntry.objects.order_by("pk").values_list("event", "actor__username", "target")
    assert list(events) == [
        (f"token.{what}", "owner", "Test") for what in ("created", "revoked", "restored")
    ]


def test_what_ended_opens_nothing(desk: Desk, program):
    mine = program("owner")
    assert mine.get("token").status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert mine.get("token").status_code == 401
    ApiToken.objects.update(expires_at=None)
    desk.people["owner"].is_active = False
    desk.people["owner"].save()
    answer = mine.get("token")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \x00"])
def test_without_a_token_nobody_comes_in(desk: Desk, client, sent):
    client.force_login(desk.people["owner"])  # a session counts for nothing
    answer = client.get("/api/v1/documents", headers={"Authorization": sent})
    assert answer.status_code == 401


def test_a_scope_is_needed_and_writing_includes_reading(program):
    read, write = program("owner", "documents:read"), program("owner", "documents:write")
    assert read.get("documents").status_code == write.get("documents").status_code == 200
    refused = read.post("documents", {"title": "x"})
    assert refused.status_code == 403
    assert refused.json()["code"] == "missing_scope"
    assert "documents:write" in refused.json()["message"]
    assert program("owner", "runs:write").get("documents").status_code == 403


def test_an_administrators_token_is_nobody_special(desk: Desk, program):
    desk.people["stranger"].is_staff = desk.people["stranger"].is_superuser = True
    desk.people["stranger"].save()
    answer = program_of(desk.people["stranger"]).get(f"documents/{desk.document.pk}")
    assert answer.status_code == 404
    desk.people["stranger"].refresh_from_db()
    assert desk.people["stranger"].is_superuser


def test_too_many_requests_a_minute_are_refused(desk: Desk, program, settings):
    settings.API_REQUESTS_PER_MINUTE = 5
    mine, other = program("owner"), program("owner")
    statuses = [mine.get("token").status_code for _ in range(3)]
    statuses += [other.get("token").status_code for _ in range(3)]
    assert statuses == [200] * 5 + [429]
    assert int(mine.get("token")["Retry-After"]) > 0
    assert program("editor").get("token").status_code == 200


def test_the_list_of_tokens_has_pages_and_a_constant_number_of_queries(desk: Desk, count_queries):
    client, url = desk.client("owner"), reverse("writing:tokens")

    def queries_with(more: int) -> Any:
        for _ in range(more):
            program_of(desk.people["owner"], "runs:read")
        return count_queries(lambda: client.get(url))

    assert queries_with(3) == queries_with(19)
    assert "1 / 2" in client.get(url).content.decode()
