"""What every answer tells the browser to refuse."""

import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from bench.stack import ROOT
from project import urls
from project.urls import handler400, handler403, handler404, handler500
from tests.writing.conftest import HTMX, desk

__all__ = ["desk", "handler400", "handler403", "handler404", "handler500"]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
HTTPS = {"x-forwarded-proto": "https"}


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [*urls.urlpatterns, path("broken/", broken)]


def policy_of(response: Any) -> dict[str, list[str]]:
    directives = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in directives}


def assert_strict(response: Any) -> None:
    assert policy_of(response) == POLICY
    assert HEADERS.items() <= dict(response.headers).items()
    assert "Strict-Transport-Security" not in response


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/accounts/login/", 200),
        ("/accounts/password/reset/", 200),
        ("/", 302),
        ("/healthz/", 200),
        ("/metrics", 404),
        ("/nowhere/", 404),
    ],
)
def test_who_is_not_signed_in(client: Client, address: str, status: int) -> None:
    User.objects.create_user("ana")
    response = client.get(address)
    assert response.status_code == status
    assert_strict(response)
    assert response["X-Frame-Options"] == "DENY"


def test_who_is_signed_in(desk: Any) -> None:
    client = desk.client("owner")
    document = desk.document.pk
    for address, status in (
        ("/", 200),
        ("/documents/new/", 200),
        (reverse("writing:manuscript", args=[document]), 200),
        (reverse("writing:export", args=[document, "exe"]), 404),
        ("/nowhere/", 404),
    ):
        response = client.get(address)
        assert response.status_code == status
        assert_strict(response)
    assert_strict(client.get(reverse("writing:outline", args=[document]), headers=HTMX))


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_page_that_failed(db: None, headers: dict[str, str]) -> None:
    client = Client(raise_request_exception=False)
    response = client.get("/broken/", headers=headers)
    assert response.status_code == 500
    assert_strict(response)


def test_a_request_for_another_host(db: None, client: Client) -> None:
    response = client.get("/", headers={"host": "elsewhere.example"})
    assert response.status_code == 400
    assert_strict(response)


def test_the_administration_alone_may_compile_scripts(db: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    looser = POLICY | {
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
    }
    for address in ("/admin/", "/admin/agents/role/", "/admin/auth/user/add/"):
        response = client.get(address)
        assert response.status_code == 200
        assert policy_of(response) == looser
        assert HEADERS.items() <= dict(response.headers).items()
    assert_strict(client.get("/administration/"))


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_an_exported_document_is_cut_off(desk: Any, suffix: str) -> None:
    response = desk.client("viewer").get(reverse("writing:export", args=[desk.document.pk, suffix]))
    assert response.status_code == 200
    assert policy_of(response) == {
        "sandbox": [],
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert HEADERS.items() <= dict(response.headers).items()


def test_https_is_kept_to_where_it_was_used(db: None, client: Client) -> None:
    response = client.get("/healthz/", secure=True)
    assert response["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/healthz/")


@pytest.mark.parametrize(
    ("origins", "trusted"),
    [
        ("", None),
        ("https://write.example.com", "('HTTP_X_FORWARDED_PROTO', 'https')"),
    ],
)
def test_a_proxy_is_believed_where_there_is_one(
    child_environment: dict[str, str], origins: str, trusted: str | None
) -> None:
    listed = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=child_environment | {"CSRF_TRUSTED_ORIGINS": origins},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    values = dict(line.split(" = ", 1) for line in listed.splitlines())
    assert values.get("SECURE_PROXY_SSL_HEADER", "").removesuffix("  ###") == (trusted or "")


def test_what_a_trusted_proxy_says_counts(db: None, client: Client, settings: Any) -> None:
    assert "Strict-Transport-Security" not in client.get("/healthz/", headers=HTTPS)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert "Strict-Transport-Security" in client.get("/healthz/", headers=HTTPS)
    assert "Strict-Transport-Security" not in client.get("/healthz/")
