import threading

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from writing.actions.accounts import create_administrator
from writing.exceptions import NotFound
from writing.setup_token import delete_token, ensure_token, read_token

ACCOUNT = {
    "username": "ana",
    "email": "ana@example.org",
    "password1": "a quiet reef 42",
    "password2": "a quiet reef 42",
}


@pytest.fixture
def token():
    yield ensure_token()
    delete_token()


def address(token: str) -> str:
    return reverse("writing:setup", args=[token])


@pytest.mark.django_db(transaction=True)
def test_the_link_makes_the_administrator_signs_in_and_is_gone(token):
    client = Client()
    assert "Create the account" in client.get(address(token)).content.decode()
    response = client.post(address(token), ACCOUNT)
    assert response["Location"] == "/"
    user = User.objects.get()
    assert user.is_superuser
    assert user.is_staff
    assert user.email == "ana@example.org"
    assert client.get("/").status_code == 200
    assert read_token() is None
    assert Client().get(address(token)).status_code == 404
    assert Client().post(address(token), ACCOUNT | {"username": "bo"}).status_code == 404


def test_a_wrong_link_is_not_found(db, token):
    assert Client().get(address("x" + token)).status_code == 404
    assert Client().get(address("猫")).status_code == 404
    assert Client().post(address("nonsense"), ACCOUNT).status_code == 404
    assert not User.objects.exists()


def test_without_a_token_there_is_no_page(db):
    delete_token()
    assert Client().get(address("anything")).status_code == 404


def test_the_page_is_gone_once_there_is_somebody(db, token):
    User.objects.create_user("ana")
    assert Client().get(address(token)).status_code == 404


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"username": ""}, "required"),
        ({"email": "not an address"}, "valid email"),
        ({"password2": "another"}, "match"),
        ({"password1": "12345678", "password2": "12345678"}, "too common"),
    ],
)
def test_bad_input_is_told_and_makes_no_account(db, token, given, message):
    response = Client().post(address(token), ACCOUNT | given)
    assert response.status_code == 422
    assert message in response.content.decode()
    assert not User.objects.exists()
    assert read_token() == token


def test_the_token_is_the_same_until_it_is_used(token):
    assert ensure_token() == token == read_token()


def test_everybody_is_welcomed_until_there_is_an_account(db):
    assert Client().get("/").headers["Location"] == reverse("writing:welcome")
    assert "set-up link" in Client().get(reverse("writing:welcome")).content.decode()
    User.objects.create_user("ana")
    assert Client().get("/").headers["Location"] == "/accounts/login/?next=/"
    assert Client().get(reverse("writing:welcome")).headers["Location"] == "/"


@pytest.mark.django_db(transaction=True)
def test_two_posts_at_once_make_one_account():
    together = threading.Barrier(2)
    results: list[str] = []

    def create(name: str) -> None:
        try:
            together.wait()
            create_administrator(username=name, email=f"{name}@example.org", password="x")
            results.append("made")
        except NotFound:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=create, args=[name]) for name in ("ana", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["made", "refused"]
    assert User.objects.count() == 1
