"""Who started a run is told how it ended."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_draft, stop_run
from agents.models import Limits, Model
from tests.agents.conftest import finished
from tests.fake_provider import FakeProvider, fake_provider
from writing.models import Document, Notification

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(4), Decimal(1), Decimal(10)
    model.save()
    return fake_provider


def test_the_end_of_a_run_is_told_to_who_started_it(
    document: Document, author: User, provider: FakeProvider
) -> None:
    run = finished(start_draft(document, acting_user=author))
    told = Notification.objects.get(user=author)
    assert (told.occasion, told.detail, told.run) == ("run", "finished", run.pk)
    client = Client()
    client.force_login(author)
    assert "Your run in “Reefs” has finished" in client.get("/notifications/").content.decode()
    link = reverse("writing:follow_notification", args=[told.pk])
    assert client.get(link)["Location"] == reverse("agents:run", args=[run.pk])


def test_a_limit_is_told_and_a_stop_by_hand_is_not(
    document: Document, author: User, provider: FakeProvider
) -> None:
    provider.hold()
    run = start_draft(document, acting_user=author)
    stop_run(run, acting_user=author)
    finished(run)
    provider.let_go()
    assert not Notification.objects.exists()
    Limits.objects.create(per_run=Decimal("0.0001"))
    finished(start_draft(document, acting_user=author))
    assert Notification.objects.get().detail == "limit"
