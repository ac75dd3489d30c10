"""What a person may spend, on the person's page in the administration."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.models import Limits, PersonLimit

pytestmark = pytest.mark.django_db


def person_form(**limit: str) -> dict[str, Any]:
    """Of somebody named ana."""
    rows = {f"limit-0-{name}": value for name, value in limit.items()}
    return {
        "username": "ana",
        "is_active": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "limit-TOTAL_FORMS": "1" if limit else "0",
        "limit-INITIAL_FORMS": "0",
        "limit-MIN_NUM_FORMS": "0",
        "limit-MAX_NUM_FORMS": "1",
        **rows,
    }


def test_a_limit_is_set_where_the_person_is(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root"))
    ana = User.objects.create_user("ana")
    Limits.objects.update_or_create(pk=1, defaults={"per_person": 7})
    page = reverse("admin:auth_user_change", args=[ana.pk])
    shown = client.get(page)
    assert shown.status_code == 200
    assert "limit of everybody" in shown.content.decode().lower()
    answer = client.post(page, person_form(limit="12.50", user=str(ana.pk)))
    assert answer.status_code == 302, answer.context["errors"]
    assert str(PersonLimit.objects.get(user=ana).limit) == "12.500000"
    assert client.get(reverse("admin:auth_user_add")).status_code == 200
