"""Codes of an app and recovery codes as the second step of signing in, and who must have one.

Passkeys are tried in a browser: tests/browser/test_passkeys.py.
"""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client, TestCase
from django.urls import reverse

from tests.writing.conftest import HTMX
from tests.writing.test_accounts import PASSWORD, sign_in
from writing.models import AuditEntry

INDEX = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def patience() -> None:
    """Tries are counted in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create_user("ana", "ana@example.org", PASSWORD)


@pytest.fixture
def client(ana: User) -> Client:
    """Signed in, and asked for the password once more just now."""
    client = Client()
    assert sign_in(client, "ana")["Location"] == "/"
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def code_of(secret: str) -> str:
    """What an app shows."""
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return shown


def set_up(client: Client) -> tuple[str, list[str]]:
    """The secret of the app, and the recovery codes that are shown afterwards."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.search(r'id="secret" value="(\w+)"', page)
    assert secret
    with TestCase.captureOnCommitCallbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret[1])})
    shown = client.get(answer["Location"]).content.decode()
    codes = re.findall(r"<code>(\d+)</code>", shown)
    assert codes
    return secret[1], codes


def test_an_app_is_set_up_and_asked_for_when_signing_in(client: Client, ana: User) -> None:
    secret, codes = set_up(client)
    assert len(codes) == 10
    other = Client()
    assert sign_in(other, "ana")["Location"].startswith(reverse("mfa_authenticate"))
    assert other.get("/").status_code == 302
    wrong = other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code." in wrong.content.decode()
    assert other.get("/").status_code == 302
    other.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert other.get("/").status_code == 200
    added = AuditEntry.objects.filter(event="account.mfa_added", actor=ana)
    assert {entry.details["how"] for entry in added} == {"totp", "recovery_codes"}


def test_a_recovery_code_works_once(client: Client) -> None:
    _secret, codes = set_up(client)
    for is_first in (True, False):
        other = Client()
        sign_in(other, "ana")
        other.post(reverse("mfa_authenticate"), {"code": codes[0]})
        assert (other.get("/").status_code == 200) is is_first


def test_secrets_are_kept_encrypted_and_lost_with_the_key(
    client: Client, ana: User, settings
) -> None:
    secret, codes = set_up(client)
    kept = str(list(Authenticator.objects.values()))
    assert secret not in kept
    assert not any(code in kept for code in codes)
    settings.SECRET_KEY = "another"
    other = Client()
    sign_in(other, "ana")
    for code in (code_of(secret), codes[0], code_of("")):
        answer = other.post(reverse("mfa_authenticate"), {"code": code})
        assert "Incorrect code." in answer.content.decode()


def test_turning_it_off_asks_first_and_is_written_down(client: Client, ana: User) -> None:
    set_up(client)
    assert "Turn off" in client.get(reverse("mfa_deactivate_totp")).content.decode()
    client.post(reverse("mfa_deactivate_totp"))
    assert sign_in(Client(), "ana")["Location"] == "/"
    assert AuditEntry.objects.filter(event="account.mfa_removed", actor=ana).exists()


def test_the_password_is_asked_for_again_first(ana: User) -> None:
    client = Client()
    sign_in(client, "ana")
    answer = client.get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert "Is it you?" in client.get(answer["Location"]).content.decode()
    wrong = client.post(answer["Location"], {"password": "wrong"})
    assert "Incorrect password." in wrong.content.decode()
    right = client.post(answer["Location"], {"password": PASSWORD})
    assert right["Location"] == reverse("mfa_activate_totp")


def test_every_page_of_the_second_step_opens(client: Client) -> None:
    names = ["index", "activate_totp", "list_webauthn", "add_webauthn"]
    for name in names:
        assert client.get(reverse(f"mfa_{name}")).status_code == 200, name
    set_up(client)
    names = [
        *("index", "deactivate_totp", "view_recovery_codes", "generate_recovery_codes"),
        *("download_recovery_codes", "reauthenticate"),
    ]
    for name in names:
        assert client.get(reverse(f"mfa_{name}")).status_code == 200, name


def test_the_administration_has_no_door_past_the_second_step(client: Client, ana: User) -> None:
    User.objects.filter(pk=ana.pk).update(is_staff=True, is_superuser=True)
    set_up(client)
    stranger = Client()
    door = reverse("admin:login")
    assert stranger.get(door)["Location"].startswith("/accounts/login/")
    stranger.post(door, {"username": "ana", "password": PASSWORD, "next": "/admin/"})
    assert stranger.get("/admin/").status_code == 302


def test_administrators_set_it_up_where_they_must(client: Client, ana: User, settings) -> None:
    settings.REQUIRE_MFA_FOR_STAFF = True
    assert client.get("/").status_code == 200
    User.objects.filter(pk=ana.pk).update(is_staff=True, is_superuser=True)
    for page in ("/", "/admin/", "/account/"):
        assert client.get(page)["Location"] == INDEX
    assert client.get("/", headers=HTMX)["HX-Redirect"] == INDEX
    assert "Administrators need a second step" in client.get(INDEX).content.decode()
    assert client.get("/healthz/").status_code == 200
    set_up(client)
    for page in ("/", "/admin/", "/account/"):
        assert client.get(page).status_code == 200


def test_an_administrator_removes_it_for_who_lost_their_device(client: Client, ana: User) -> None:
    set_up(client)
    root = Client()
    root.force_login(User.objects.create_superuser("root"))
    page = reverse("admin:auth_user_second_step", args=[ana.pk])
    assert "Codes of an app" in root.get(page).content.decode()
    assert sign_in(Client(), "ana")["Location"] != "/"
    assert root.post(page).status_code == 302
    assert sign_in(Client(), "ana")["Location"] == "/"
    entry = AuditEntry.objects.get(event="account.mfa_reset")
    assert (entry.actor and entry.actor.username, entry.person) == ("root", ana)
    assert client.get(page).status_code == 302


def test_a_command_removes_it_for_the_last_administrator(client: Client, capsys) -> None:
    set_up(client)
    call_command("remove_mfa", "ana")
    assert "the password is enough" in capsys.readouterr().out
    assert sign_in(Client(), "ana")["Location"] == "/"
    with pytest.raises(CommandError, match="no account"):
        call_command("remove_mfa", "bo")
