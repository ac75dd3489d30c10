"""Programs that come with tokens."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.writing.conftest import Desk, desk  # noqa: F401 (a fixture)
from writing.actions.api_tokens import create_token
from writing.api import rates
from writing.models import TokenScope

API = "/api/v1/"


@dataclass
class Program:
    """Asks with a token."""

    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        return Client(headers={"Authorization": f"Bearer {self.token}", **headers}).generic(
            method,
            API + path,
            data=b"" if body is None else encoded(body),
            content_type="application/json",
        )

    def get(self, path: str, **headers: str) -> Any:
        return self.ask("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.ask("POST", path, body, **headers)


def encoded(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def program_of(user: User, *scopes: str) -> Program:
    """With these scopes, else with all."""
    return Program(create_token(user, name="Test", scopes=scopes or TokenScope.values)[1])


@pytest.fixture(autouse=True)
def patience(settings: Any) -> None:
    """What one test asks does not count for the next, whose people have the same numbers."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    rates._meter.cache_clear()


@pytest.fixture
def program(desk: Desk) -> Callable[..., Program]:  # noqa: F811
    """The program of somebody at the desk."""
    return lambda person, *scopes: program_of(desk.people[person], *scopes)


@pytest.fixture
def count_queries() -> Callable[[Callable[[], Any]], int]:
    """How many queries it takes to answer, with 200, what is asked."""

    def count(ask: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as caught:
            assert ask().status_code == 200
        return len(caught)

    return count
