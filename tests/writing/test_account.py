"""A person's account page, who may make an account, and where somebody is signed in."""

from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.writing.conftest import Desk
from tests.writing.test_accounts import NEW_PASSWORD, PASSWORD, sign_in
from writing.access import Pass, rights_now
from writing.actions.invitations import invite
from writing.models import AccountPolicy, AuditEntry, SignUp
from writing.sessions import device_of

ACCOUNT = "/account/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0"
NEWCOMER = {
    "username": "bo",
    "email": "bo@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create_user("ana", "ana@example.org", PASSWORD)


def browser(user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"user-agent": user_agent})
    assert sign_in(client, "ana").status_code == 302
    return client


def test_a_name_is_shown_to_others_and_taken_away_again(ana: User) -> None:
    client = browser()
    client.post(reverse("writing:rename_person"), {"name": " Ana  Lima "})
    ana.refresh_from_db()
    assert ana.get_full_name() == "Ana Lima"
    assert 'value="Ana Lima"' in client.get(ACCOUNT).content.decode()
    refused = client.post(reverse("writing:rename_person"), {"name": "x" * 151})
    assert refused.status_code == 422
    assert "at most 150 characters" in refused.content.decode()
    client.post(reverse("writing:rename_person"), {"name": ""})
    ana.refresh_from_db()
    assert ana.get_full_name() == ""


def test_the_page_leads_to_all_that_is_ones_own(ana: User) -> None:
    page = browser().get(ACCOUNT).content.decode()
    for name in ("account_change_password", "mfa_index", "writing:notification_settings"):
        assert reverse(name) in page
    assert Client().get(ACCOUNT)["Location"] == "/accounts/login/?next=/account/"
    assert browser().get("/accounts/sessions/")["Location"] == ACCOUNT


def test_other_devices_are_listed_and_signed_out(ana: User) -> None:
    here, there, elsewhere = browser(), browser(EDGE), browser()
    page = here.get(ACCOUNT).content.decode()
    assert page.count("Firefox on Linux") == 3  # twice, and once in a label
    assert "Edge on Windows" in page
    session = Session.objects.get(session_key=there.session.session_key)
    entry = UserSession.objects.get(session_key=session.session_key)
    here.post(reverse("writing:end_session", args=[entry.pk]))
    assert there.get("/").status_code == 302
    assert elsewhere.get("/").status_code == 200
    here.post(reverse("writing:end_other_sessions"))
    assert elsewhere.get("/").status_code == 302
    assert here.get("/").status_code == 200
    ended = AuditEntry.objects.filter(event="account.sessions_ended", actor=ana)
    assert [entry.details for entry in ended] == [{"count": 1}, {"count": 1}]


def test_what_is_open_there_is_closed(desk: Desk) -> None:
    owner = desk.people["owner"]
    here, there = desk.client("owner"), desk.client("owner")
    for client in (here, there):
        assert client.get(ACCOUNT).status_code == 200
    passes = [Pass.of(owner, client.session.session_key) for client in (here, there)]
    here.post(reverse("writing:end_other_sessions"))
    assert list(rights_now(desk.document.pk, passes)) == passes[:1]


def test_nobody_signs_out_another_nor_themselves_here(ana: User) -> None:
    here = browser()
    own = UserSession.objects.get()
    assert here.post(reverse("writing:end_session", args=[own.pk])).status_code == 404
    stranger = Client()
    stranger.force_login(User.objects.create_user("bo"))
    assert stranger.post(reverse("writing:end_session", args=[own.pk])).status_code == 404
    stranger.post(reverse("writing:end_other_sessions"))
    assert here.get("/").status_code == 200


def test_sessions_that_no_longer_hold_are_not_listed(ana: User) -> None:
    here = browser()
    browser(EDGE)
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    here.post(reverse("account_change_password"), data)
    page = here.get(ACCOUNT).content.decode()
    assert "Firefox on Linux" in page
    assert "Edge on Windows" not in page


def test_the_page_takes_the_same_queries_however_many_sessions_there_are(ana: User) -> None:
    def look() -> int:
        with CaptureQueriesContext(connection) as found:
            assert here.get(ACCOUNT).status_code == 200
        return len(found)

    here = browser()
    look()
    few = look()
    for _ in range(5):
        browser()
    assert look() == few


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (FIREFOX, "Firefox on Linux"),
        (EDGE, "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_a_device_is_told_by_what_its_browser_says(user_agent: str, said: str) -> None:
    assert device_of(user_agent) == said


def choose(policy: SignUp) -> None:
    AccountPolicy.objects.update_or_create(pk=1, defaults={"sign_up": policy})


def sign_up(client: Client) -> bool:
    client.post(reverse("account_signup"), NEWCOMER)
    return User.objects.filter(username="bo").exists()


def test_everybody_may_make_an_account_where_the_rule_says_so(ana: User) -> None:
    assert "Create an account" not in Client().get("/accounts/login/").content.decode()
    choose(SignUp.OPEN)
    assert "Create an account" in Client().get("/accounts/login/").content.decode()
    assert sign_up(Client())
    entry = AuditEntry.objects.get(event="account.created")
    assert (entry.actor, entry.person) == (User.objects.get(username="bo"), entry.actor)


@pytest.mark.parametrize(("policy", "is_made"), [(SignUp.INVITED, True), (SignUp.CLOSED, False)])
def test_an_invitation_makes_an_account_unless_the_rule_is_closed(
    desk: Desk, policy: SignUp, is_made: bool
) -> None:
    choose(policy)
    _invitation, token = invite(
        desk.document, acting_user=desk.people["owner"], email="bo@example.org", role="viewer"
    )
    client = Client()
    client.post(reverse("writing:invitation", args=[token]))
    assert sign_up(client) is is_made
    if not is_made:
        page = client.get(reverse("account_signup")).content.decode()
        assert "No account can be made here" in page


def test_the_rule_is_changed_in_the_administration_and_written_down(ana: User) -> None:
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    address = root.get(reverse("admin:writing_accountpolicy_changelist"))["Location"]
    assert root.get(address).status_code == 200
    assert root.post(address, {"sign_up": "open"}).status_code == 302
    assert sign_up(Client())
    entry = AuditEntry.objects.get(event="policy.changed")
    assert entry.details == {"fields": ["Who may make an account"], "sign_up": "open"}


def test_sessions_are_kept_where_the_page_looks_for_them() -> None:
    """`writing.sessions` reads the table of sessions itself."""
    engine = import_module(settings.SESSION_ENGINE)
    assert engine.SessionStore.get_model_class() is Session
