"""Taking one's data along, asking for the end of an account, keeping it after all, and the end."""

import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import CASCADE, ForeignKey
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents.actions.runs import start_draft
from agents.models import Call, PersonLimit, Run, RunState, Webhook
from agents.seeds import seed
from tests.writing.conftest import Desk
from tests.writing.streamed import streamed
from tests.writing.test_accounts import PASSWORD, sign_in
from writing.access import Pass, rights_now
from writing.actions.documents import create_document
from writing.actions.leaving import WAITING_DAYS, ask_to_leave, delete_account, due_accounts
from writing.actions.links import create_link
from writing.actions.review import reply
from writing.models import (
    ApiToken,
    AuditEntry,
    Comment,
    Document,
    Leaving,
    Member,
    MemberRole,
    ShareLink,
)
from writing.people import identity_of
from writing.tasks import end_accounts

LEAVE = "/account/leave/"
# What would go with the row of an account, and which of it does although the row stays.
GOES = {
    *("account.EmailAddress.user", "mfa.Authenticator.user", "usersessions.UserSession.user"),
    *("agents.Batch.owner", "agents.PersonLimit.user", "agents.Upload.owner"),
    *("agents.Webhook.owner", "auth.User_groups.user", "auth.User_user_permissions.user"),
    *("writing.ApiToken.user", "writing.Invitation.invited_by", "writing.KeptAnswer.user"),
    *("writing.Leaving.user", "writing.Mailing.user", "writing.Member.user"),
    *("writing.Notification.user", "writing.NotificationChoice.user"),
    *("writing.ShareLink.created_by", "writing.SpokenLanguage.user"),
}
STAYS = {
    *("admin.LogEntry.user", "agents.Budget.user", "writing.Mention.user"),
    "writing.Notification.actor",
}


@pytest.fixture
def owner(desk: Desk) -> User:
    """Owns the desk's document alone, and one that nobody else sees."""
    owner = desk.people["owner"]
    owner.set_password(PASSWORD)
    owner.email = "owner@example.org"
    owner.save()
    create_document(owner, title="A diary", brief="Nobody else’s.")
    return owner


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client()
    assert sign_in(client, "owner").status_code == 302
    return client


def heir_field(document: Document) -> str:
    return f"heir-{document.pk}"


def leave(client: Client, **data: Any) -> Any:
    return client.post(LEAVE, {"confirmation": PASSWORD} | data)


def make_due(user: User) -> None:
    Leaving.objects.filter(user=user).update(due_at=timezone.now() - timedelta(seconds=1))


def data_of(client: Client) -> tuple[ZipFile, dict[str, Any]]:
    answer = client.get(reverse("writing:my_data"))
    assert answer["Content-Type"] == "application/zip"
    archive = ZipFile(io.BytesIO(streamed(answer)))
    assert archive.testzip() is None
    return archive, {
        name: json.loads(archive.read(name))
        for name in archive.namelist()
        if name.endswith(".json")
    }


def test_ones_data_is_taken_along(desk: Desk, owner: User, browser: Client) -> None:
    seed()
    run = start_draft(desk.document, acting_user=owner)
    step = run.steps.all()[0]
    attempt = step.attempts.create(number=1, client_id=1)
    Call.objects.create(run=run, attempt=attempt, prompt_tokens=7, cost=Decimal("0.25"))
    reply(desk.thread, acting_user=owner, body="Say more.")
    reply(desk.thread, acting_user=desk.people["editor"], body="A secret of another.")
    archive, said = data_of(browser)
    assert said["profile.json"]["email"] == "owner@example.org"
    titles = [(each["title"], each["role"]) for each in said["documents.json"]]
    assert titles == [("The quiet city", "owner"), ("A diary", "owner")]
    text = archive.read("documents/0001 The quiet city.md").decode()
    assert text.startswith("# The quiet city")
    assert "documents/0002 A diary.md" in archive.namelist()
    assert [each["body"] for each in said["comments.json"]] == ["Say more."]
    (told,) = said["runs.json"]
    assert (told["document"], told["prompt_tokens"]) == ("The quiet city", 7)
    assert Decimal(told["cost"]) == Decimal("0.25")
    assert said["activity.json"][-1]["event"] == "account.exported"


def test_of_what_others_own_only_ones_part_is_taken_along(desk: Desk) -> None:
    editor = desk.people["editor"]
    editor.set_password(PASSWORD)
    editor.save()
    client = Client()
    sign_in(client, "editor")
    archive, said = data_of(client)
    (document,) = said["documents.json"]
    assert (document["role"], document["brief"]) == ("editor", None)
    assert not [name for name in archive.namelist() if name.endswith(".md")]


def test_the_page_says_what_becomes_of_documents(desk: Desk, owner: User, browser: Client) -> None:
    page = browser.get(LEAVE).content.decode()
    assert "The quiet city" in page
    assert "editor owns it then" in page
    assert "1 document that only you see is deleted" in page
    assert "A diary" in page


def test_leaving_signs_out_everywhere_and_stops_agents(
    desk: Desk, owner: User, browser: Client
) -> None:
    seed()
    run = start_draft(desk.document, acting_user=owner)
    ApiToken.objects.create(user=owner, name="A program", token_hash="0", prefix="0")
    elsewhere = Client()
    sign_in(elsewhere, "owner")
    open_there = Pass.of(owner, elsewhere.session.session_key)
    assert rights_now(desk.document.pk, [open_there])
    assert leave(browser)["Location"] == reverse("writing:left")
    assert "Sign in before, and you can keep it" in browser.get("/account/left/").content.decode()
    for client in (browser, elsewhere):
        assert client.get("/").status_code == 302
    assert not rights_now(desk.document.pk, [open_there])
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    assert not ApiToken.objects.exists()
    due = Leaving.objects.get(user=owner).due_at - timezone.now()
    assert timedelta(days=WAITING_DAYS - 1) < due <= timedelta(days=WAITING_DAYS)
    assert due_accounts() == []
    assert not delete_account(owner)


def test_whoever_signs_in_meanwhile_is_asked_and_may_keep_it(owner: User, browser: Client) -> None:
    leave(browser)
    sign_in(browser, "owner")
    for page in ("/", "/account/", LEAVE):
        assert browser.get(page)["Location"] == "/account/keep/"
    assert "Keep my account" in browser.get("/account/keep/").content.decode()
    browser.post("/account/keep/")
    assert browser.get("/").status_code == 200
    assert not Leaving.objects.exists()
    events = AuditEntry.objects.filter(actor=owner).order_by("pk").values_list("event", flat=True)
    assert list(events)[-2:] == ["account.leaving", "account.kept"]
    assert not delete_account(owner)


def test_a_wrong_password_ends_nothing(owner: User, browser: Client) -> None:
    refused = leave(browser, confirmation="wrong")
    assert refused.status_code == 422
    assert "That is not your password." in refused.content.decode()
    for _ in range(5):
        refused = leave(browser, confirmation="wrong")
    assert "tried too often" in refused.content.decode()
    assert not Leaving.objects.exists()


def test_only_somebody_in_the_document_inherits_it(
    desk: Desk, owner: User, browser: Client
) -> None:
    stranger = desk.people["stranger"].pk
    assert leave(browser, **{heir_field(desk.document): stranger}).status_code == 422
    assert not Leaving.objects.exists()


def test_the_last_administrator_stays(owner: User, browser: Client) -> None:
    User.objects.filter(pk=owner.pk).update(is_superuser=True)
    refused = leave(browser)
    assert "This is the only administrator." in refused.content.decode()
    User.objects.create_superuser("root")
    assert leave(browser).status_code == 302


def test_the_end_leaves_what_others_rely_on(desk: Desk, owner: User, browser: Client) -> None:
    editor = desk.people["editor"]
    theirs = create_document(editor, title="Theirs")
    Member.objects.create(document=theirs, user=owner, role=MemberRole.VIEWER)
    link, _token = create_link(theirs, acting_user=owner, role="viewer")
    comment = reply(desk.thread, acting_user=owner, body="Say more.")
    PersonLimit.objects.create(user=owner, limit=5)
    Webhook.objects.create(owner=owner, url="https://example.org/told", secret="s")
    LogEntry.objects.log_actions(editor.pk, [owner], 2)
    leave(browser, **{heir_field(desk.document): editor.pk})
    make_due(owner)
    end_accounts()
    end_accounts()
    owner.refresh_from_db()
    assert (owner.username, owner.email, owner.is_active) == (f"deleted-{owner.pk}", "", False)
    assert identity_of(owner)["name"] == "Deleted person"
    assert set(Document.objects.values_list("title", flat=True)) == {"The quiet city", "Theirs"}
    assert desk.document.members.get(user=editor).role == MemberRole.OWNER
    assert not Member.objects.filter(user=owner).exists()
    assert Comment.objects.get(pk=comment.pk).user == owner
    assert not ShareLink.objects.filter(pk=link.pk).exists()
    assert not PersonLimit.objects.exists()
    assert not Webhook.objects.exists()
    assert LogEntry.objects.get().object_repr == owner.username
    assert not Leaving.objects.exists()
    assert AuditEntry.objects.filter(event="account.deleted", person=owner).count() == 1
    assert "not correct" in sign_in(Client(), "owner").content.decode()
    page = (
        desk.client("editor")
        .get(reverse("writing:review", args=[desk.document.pk]))
        .content.decode()
    )
    assert "Deleted person" in page


def test_a_document_without_an_heir_goes_for_good(desk: Desk, owner: User) -> None:
    seed()
    run = start_draft(desk.document, acting_user=owner)
    ask_to_leave(owner, heirs={})
    make_due(owner)
    assert delete_account(owner)
    assert not Document.objects.exists()
    assert not Run.objects.filter(pk=run.pk).exists()


def test_an_heir_who_left_meanwhile_inherits_nothing(desk: Desk, owner: User) -> None:
    editor = desk.people["editor"]
    ask_to_leave(owner, heirs={desk.document.pk: editor.pk})
    desk.document.members.filter(user=editor).delete()
    make_due(owner)
    assert delete_account(owner)
    assert not Document.objects.exists()


def test_somebody_else_named_like_a_deleted_person_is_not_one(desk: Desk, owner: User) -> None:
    other = User.objects.create_user(f"deleted-{owner.pk}")
    ask_to_leave(owner, heirs={})
    make_due(owner)
    assert delete_account(owner)
    owner.refresh_from_db()
    assert identity_of(owner)["name"] == "Deleted person"
    assert identity_of(other)["name"] == other.username


def test_an_administrator_deletes_an_account_and_names_an_heir(desk: Desk, owner: User) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    page = reverse("admin:auth_user_delete_account", args=[owner.pk])
    assert "2 documents are owned by this person alone" in root.get(page).content.decode()
    unknown = root.post(page, {"heir": "nobody"})
    assert "Nobody was found under this name." in unknown.content.decode()
    assert root.post(page, {"heir": "stranger"}).status_code == 302
    owner.refresh_from_db()
    assert identity_of(owner)["name"] == "Deleted person"
    members = Member.objects.filter(user=desk.people["stranger"], role=MemberRole.OWNER)
    assert members.count() == 2
    entry = AuditEntry.objects.get(event="account.deleted")
    assert (entry.actor and entry.actor.username, entry.person) == ("root", owner)


def test_administrators_do_not_delete_themselves_nor_the_rows_of_others(
    desk: Desk, owner: User
) -> None:
    administrator = User.objects.create_superuser("root")
    root = Client()
    root.force_login(administrator)
    own = root.post(
        reverse("admin:auth_user_delete_account", args=[administrator.pk]), {"heir": ""}
    )
    assert "Delete your own account on its page." in own.content.decode()
    delete = reverse("admin:auth_user_delete", args=[owner.pk])
    assert root.post(delete, {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="owner").exists()


def test_every_kind_of_row_of_a_person_is_thought_of() -> None:
    """Whoever adds one says in `GOES` or `STAYS` what becomes of it, and sees to that."""
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if isinstance(field, ForeignKey)
        and field.related_model is User
        and field.remote_field.on_delete is CASCADE
    }
    assert found == GOES | STAYS
