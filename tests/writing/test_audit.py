"""The audit log: what is written down, and who reads it."""

import csv
import io

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import Provider
from tests.agents.test_admin import provider_form
from tests.agents.test_person_limits import person_form
from tests.writing.conftest import IN_DIALOG, Desk
from tests.writing.streamed import streamed
from tests.writing.test_accounts import NEW_PASSWORD, PASSWORD
from writing.audit import record
from writing.models import AuditEntry

LIST = "admin:writing_auditentry_changelist"
CSV = "admin:writing_auditentry_download"


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", PASSWORD))
    return client


def told() -> list[tuple[str, str, str, dict[str, object]]]:
    """Event, actor, person and details, in their order."""
    return [
        (
            entry.event,
            entry.actor.username if entry.actor else "",
            entry.person.username if entry.person else "",
            entry.details,
        )
        for entry in AuditEntry.objects.select_related("actor", "person").order_by("pk")
    ]


def post(desk: Desk, person: str, name: str, *args: object, **data: object):
    address = reverse(f"writing:{name}", args=args)
    answer = desk.client(person).post(address, data, headers=IN_DIALOG)
    assert answer.status_code in (200, 302)
    return answer


def test_rights_links_and_invitations_are_written_down(desk: Desk) -> None:
    document = desk.document
    viewer = document.members.get(user=desk.people["viewer"])
    post(desk, "owner", "invite", document.pk, who="stranger", role="editor")
    post(desk, "owner", "change_role", viewer.pk, role="commenter")
    post(desk, "owner", "remove_member", viewer.pk)
    post(desk, "editor", "leave", document.pk)
    post(desk, "owner", "create_link", document.pk, role="viewer", days="7", password="reef")
    post(desk, "owner", "revoke_link", document.links.get().pk)
    post(desk, "owner", "invite", document.pk, who="eva@example.org", role="viewer")
    assert told() == [
        ("member.added", "owner", "stranger", {"role": "editor"}),
        ("member.role_changed", "owner", "viewer", {"role": "commenter", "before": "viewer"}),
        ("member.removed", "owner", "viewer", {"before": "commenter"}),
        ("member.left", "editor", "editor", {"before": "editor"}),
        ("link.created", "owner", "", {"role": "viewer", "days": 7, "password": True}),
        ("link.revoked", "owner", "", {"role": "viewer"}),
        ("invitation.sent", "owner", "", {"role": "viewer"}),
    ]
    assert set(AuditEntry.objects.values_list("document", flat=True)) == {document.pk}
    assert AuditEntry.objects.get(event="invitation.sent").target == "eva@example.org"


def test_what_is_refused_leaves_no_entry(desk: Desk) -> None:
    owner = desk.document.members.get(user=desk.people["owner"])
    address = reverse("writing:remove_member", args=[owner.pk])
    assert desk.client("owner").post(address, headers=IN_DIALOG).status_code == 422
    assert desk.client("editor").post(address, headers=IN_DIALOG).status_code == 403
    assert told() == []


def test_taking_a_document_out_is_written_down(desk: Desk) -> None:
    client = desk.client("viewer")
    address = reverse("writing:export", args=[desk.document.pk, "md"])
    assert client.get(address).status_code == 200
    assert client.get(reverse("writing:export", args=[desk.document.pk, "doc"])).status_code == 404
    assert told() == [("document.exported", "viewer", "", {"format": "md"})]


def test_a_changed_password_is_written_down_and_not_what_it_is(db: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("ana", "ana@example.org", PASSWORD))
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(reverse("account_change_password"), data)
    assert told() == [("account.password_changed", "ana", "ana", {})]


def test_rights_given_in_the_administration_are_written_down(root: Client) -> None:
    ana = User.objects.create_user("ana")
    group = Group.objects.create(name="Editors")
    form = person_form() | {"is_staff": "on", "groups": [group.pk]}
    answer = root.post(reverse("admin:auth_user_change", args=[ana.pk]), form)
    assert answer.status_code == 302, answer.context["errors"]
    event, actor, person, details = told()[-1]
    assert (event, actor, person) == ("account.changed", "root", "ana")
    assert "Staff status" in str(details["fields"])
    assert (details["staff"], details["superuser"], details["groups"]) == (True, False, ["Editors"])


def test_keys_are_told_of_and_never_told(root: Client) -> None:
    add = reverse("admin:agents_provider_add")
    assert root.post(add, provider_form(api_key="sk-canary")).status_code == 302
    provider = Provider.objects.get(slug="elsewhere")
    change = reverse("admin:agents_provider_change", args=[provider.pk])
    assert root.post(change, provider_form(api_key="sk-canary-2")).status_code == 302
    assert root.post(change, provider_form(remove_key="on")).status_code == 302
    assert [event for event, *_ in told() if event.startswith("key.")] == [
        "key.changed",
        "key.changed",
        "key.removed",
    ]
    assert "canary" not in str(list(AuditEntry.objects.values()))
    assert "canary" not in root.get(reverse(LIST)).content.decode()


def test_the_log_is_filtered_searched_and_downloaded(root: Client) -> None:
    ana = User.objects.create_user("ana")
    record("invitation.sent", actor=ana, target="=cmd()", details={"role": "viewer"})
    record("link.revoked", actor=None)
    page = root.get(reverse(LIST), {"event": "invitation.sent", "q": "ana"}).content.decode()
    assert "=cmd()" in page
    assert "role: Viewer" in page
    answer = root.get(reverse(CSV), {"event": "invitation.sent"})
    text = streamed(answer).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["event"], row["by"], row["what"]) for row in rows] == [
        ("invitation.sent", "ana", "'=cmd()")
    ]


def test_entries_outlive_accounts_and_are_not_changed(root: Client) -> None:
    ana = User.objects.create_user("ana")
    entry = record("link.revoked", actor=ana)
    pk = ana.pk
    ana.delete()
    assert f"#{pk}" in root.get(reverse(LIST)).content.decode()
    change = reverse("admin:writing_auditentry_change", args=[entry.pk])
    assert root.post(change, {"event": "x"}).status_code == 403
    assert root.post(reverse("admin:writing_auditentry_delete", args=[entry.pk])).status_code == 403
    with pytest.raises(TypeError):
        AuditEntry.objects.all().delete()
    with pytest.raises(TypeError):
        AuditEntry.objects.update(event="x")


def test_the_log_takes_the_same_queries_however_long_it_is(
    root: Client,
) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as found:
            assert root.get(reverse(LIST)).status_code == 200
        return len(found)

    record("link.revoked", actor=None)
    look()
    few = look()
    for number in range(20):
        record("link.revoked", actor=User.objects.create_user(f"person{number}"))
    assert look() == few


def test_people_without_staff_rights_do_not_read_it(desk: Desk) -> None:
    for address in (LIST, CSV):
        assert desk.client("owner").get(reverse(address)).status_code == 302


def test_an_event_that_nobody_named_is_a_mistake(db: None) -> None:
    with pytest.raises(KeyError):
        record("member.promoted", actor=None)
