import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.urls import reverse

PASSWORD = "a quiet reef 42"
NEW_PASSWORD = "a louder reef 43"


@pytest.fixture
def ana(db) -> User:
    return User.objects.create_user("ana", "ana@example.org", PASSWORD)


def sign_in(client: Client, login: str, password: str = PASSWORD):
    return client.post("/accounts/login/?next=/", {"login": login, "password": password})


@pytest.mark.parametrize("login", ["ana", "ana@example.org"])
def test_signing_in_by_name_or_by_address_and_out_again(ana: User, login: str):
    client = Client()
    page = client.get("/accounts/login/").content.decode()
    assert "Username or email" in page
    assert 'class="brand"' in page
    assert sign_in(client, login)["Location"] == "/"
    assert client.get("/").status_code == 200
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    client.post("/accounts/logout/")
    assert client.get("/")["Location"].startswith("/accounts/login/")


def test_a_wrong_password_is_told_and_the_name_stays(ana: User):
    response = sign_in(Client(), "ana", "wrong")
    page = response.content.decode()
    assert "not correct" in page
    assert 'value="ana"' in page


def test_nobody_signs_up_unasked(ana: User):
    page = Client().get(reverse("account_signup")).content.decode()
    assert "by invitation" in page
    Client().post(
        reverse("account_signup"),
        {
            "username": "bo",
            "email": "bo@example.org",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )
    assert User.objects.count() == 1


def test_resetting_a_forgotten_password(ana: User):
    client = Client()
    assert "Send the link" in client.get(reverse("account_reset_password")).content.decode()
    response = client.post(
        reverse("account_reset_password"), {"email": "ana@example.org"}, follow=True
    )
    assert "Look into your mail" in response.content.decode()
    message = mail.outbox[0]
    assert message.subject == "Choose a new password for Scriptorium"
    assert "Your username is ana." in message.body
    link = re.search(r"http://testserver(/\S+)", str(message.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    assert "Choose a new password" in form.content.decode()
    address = form.redirect_chain[-1][0]
    refused = client.post(address, {"password1": "12345678", "password2": "12345678"})
    assert "too common" in refused.content.decode()
    done = client.post(address, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}, follow=True)
    assert "The password is changed" in done.content.decode()
    assert sign_in(Client(), "ana", NEW_PASSWORD).status_code == 302
    assert "no longer works" in Client().get(link[1], follow=True).content.decode()


def test_an_unknown_address_learns_nothing_on_the_page(ana: User):
    response = Client().post(
        reverse("account_reset_password"), {"email": "bo@example.org"}, follow=True
    )
    assert "Look into your mail" in response.content.decode()
    assert "There is no such account" in mail.outbox[0].body
    assert "sign up" not in mail.outbox[0].body


def test_changing_the_password(ana: User):
    client = Client()
    client.force_login(ana)
    address = reverse("account_change_password")
    data = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert "Change the password" in client.get(address).content.decode()
    refused = client.post(address, data | {"oldpassword": "wrong"})
    assert "current password" in refused.content.decode()
    changed = client.post(address, data, follow=True)
    assert "The password is changed." in changed.content.decode()
    assert client.get("/").status_code == 200
    assert sign_in(Client(), "ana", NEW_PASSWORD).status_code == 302


def test_the_menu_has_what_its_owner_may_use(ana: User):
    client = Client()
    client.force_login(ana)
    page = client.get("/").content.decode()
    assert reverse("writing:account") in page
    assert reverse("set_language") in page
    assert reverse("admin:index") not in page
    ana.is_staff = True
    ana.save()
    assert reverse("admin:index") in client.get("/").content.decode()


def test_choosing_a_language_works_before_signing_in(ana: User):
    client = Client()
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/accounts/login/"})
    assert '<html lang="zh-hans"' in client.get("/accounts/login/").content.decode()
