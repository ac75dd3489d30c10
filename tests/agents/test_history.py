"""What a document's history says of agents, and the versions that runs keep."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_draft, start_plan, stop_run
from tests.agents.conftest import finished, type_into, until
from tests.agents.test_runs import provider
from tests.fake_provider import FakeProvider, fake_provider
from writing.bylines import moments_of
from writing.models import Document, Section, Version, VersionKind
from writing.tallies import contributions, count_changes

__all__ = ["fake_provider", "provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


def kinds(document: Document) -> list[str]:
    return list(Version.objects.filter(document=document).values_list("kind", flat=True))


def test_a_run_is_a_pair_of_versions_with_its_agents_words(
    document: Document, sections: list[Section], author: User, client: Client
) -> None:
    type_into(sections[0], "What a person typed.", author)
    finished(start_draft(document, acting_user=author, sections=sections[:1]))
    # The one at its end is kept once the end is committed.
    until(lambda: kinds(document) == [VersionKind.RUN_END, VersionKind.RUN_START])
    version = count_changes(Version.objects.filter(document=document)[0])
    names = {c.byline.name: c for c in contributions([version])[version.pk]}
    assert "Writer" in names
    assert names["Writer"].byline.is_agent
    assert names["Writer"].added > 10
    [begun, ended] = moments_of(document)
    assert begun.label.startswith("Agents begin")
    assert begun.at < ended.at
    client.force_login(author)
    page = client.get(reverse("writing:replay", args=[document.pk])).content.decode()
    assert "</span> Writer</li>" in page
    assert "Agents begin" in page


def test_a_run_that_finds_nothing_written_keeps_nothing(
    document: Document, author: User, fake_provider: FakeProvider
) -> None:
    fake_provider.set_pace(first_after=30)
    stop_run(start_draft(document, acting_user=author), acting_user=author)
    assert kinds(document) == []


def test_what_stood_before_an_outline_is_kept(
    document: Document, sections: list[Section], author: User
) -> None:
    type_into(sections[0], "What a person typed.", author)
    start_plan(document, acting_user=author)
    [version] = Version.objects.filter(document=document)
    assert [place.title for place in version.places] == [section.title for section in sections]
