from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from tests.writing.history import Hand, text_of
from writing import tasks
from writing.actions.sections import add_section, set_status
from writing.actions.text import set_word_counts
from writing.actions.versions import (
    keep_due_versions,
    keep_version,
    name_version,
    take_version,
    thin_versions,
)
from writing.models import Section, SectionStatus, Update, Version, VersionKind

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def redrafted(desk: Desk) -> Section:
    """A section of which a version was kept before more was written."""
    section = desk.sections[0]
    Hand(section, desk.people["owner"]).write("First *words*.")
    take_version(section, "Before it was drafted again")
    Hand(section, desk.people["owner"]).write("Second words, which are more.")
    return section


def swap(desk: Desk, section: Section, person: str = "editor"):
    address = reverse("writing:swap_version", args=[section.pk])
    return desk.client(person).post(address, headers=HTMX)


def panel(desk: Desk, person: str = "viewer", **query: Any) -> str:
    address = reverse("writing:history", args=[desk.document.pk])
    return desk.client(person).get(address, query, headers=HTMX).content.decode()


def test_the_earlier_text_comes_back_and_doing_it_again_undoes_it(
    desk: Desk, redrafted: Section
) -> None:
    outline = reverse("writing:outline", args=[desk.document.pk])
    assert "earlier text" in desk.client("editor").get(outline, headers=HTMX).content.decode()
    response = swap(desk, redrafted)
    assert "is back" in response.content.decode()
    assert "/reversions/" in response.content.decode()
    assert text_of(redrafted) == "First *words*."
    redrafted.refresh_from_db()
    assert redrafted.word_count == 2
    swap(desk, redrafted)
    assert text_of(redrafted) == "First *words*.\n\nSecond words, which are more."


def test_going_back_is_an_edit_like_any_other(desk: Desk, redrafted: Section) -> None:
    swap(desk, redrafted)
    rows = list(Update.objects.filter(section=redrafted).values_list("seq", "user_id"))
    assert [seq for seq, _ in rows] == [1, 2, 3]
    assert rows[-1][1] == desk.people["editor"].pk


def test_nothing_is_swapped_under_an_agents_pen(desk: Desk, redrafted: Section) -> None:
    set_status([redrafted.pk], SectionStatus.DRAFTING, worker_name="Writer")
    response = swap(desk, redrafted)
    assert response.status_code == 422
    assert "Stop them first" in response.content.decode()
    assert "Second" in text_of(redrafted)


def test_without_a_version_there_is_nothing_to_go_back_to(desk: Desk, redrafted: Section) -> None:
    assert swap(desk, desk.sections[1]).status_code == 422


def test_an_editor_names_the_document_as_it_is_now(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    address = reverse("writing:name_version", args=[desk.document.pk])
    answer = desk.client("editor").post(address, {"name": "  First \n draft "}, headers=HTMX)
    assert "First draft" in answer.content.decode()
    version = Version.objects.get()
    assert (version.kind, version.created_by) == (VersionKind.NAMED, desk.people["editor"])
    assert [place.seq for place in version.places] == [1, 0, 0]
    assert [place.title for place in version.places] == ["Streets", "Walls", "Night"]
    for name in ("", " ", "x" * 101):
        assert desk.client("editor").post(address, {"name": name}, headers=HTMX).status_code == 422
    assert desk.client("viewer").post(address, {"name": "Mine"}, headers=HTMX).status_code == 403
    assert Version.objects.count() == 1


def test_a_name_goes_to_the_version_that_is_the_same(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    kept = keep_version(desk.document, VersionKind.INTERVAL)
    assert name_version(desk.document, name="First", acting_user=desk.people["editor"]) == kept
    name_version(desk.document, name="Also", acting_user=desk.people["editor"])
    assert sorted(Version.objects.values_list("name", flat=True)) == ["Also", "First"]


def test_a_version_is_renamed_in_a_dialog(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    version = keep_version(desk.document, VersionKind.INTERVAL)
    assert version
    address = reverse("writing:rename_version", args=[version.pk])
    editor = desk.client("editor")
    assert "Name of the version" in editor.get(address, headers=IN_DIALOG).content.decode()
    assert editor.post(address, {"name": ""}, headers=IN_DIALOG).status_code == 422
    answer = editor.post(address, {"name": "Before the tide"}, headers=IN_DIALOG)
    assert "close-dialog" in str(answer.headers)
    version.refresh_from_db()
    assert (version.label, version.kind) == ("Before the tide", VersionKind.NAMED)
    assert desk.client("viewer").post(address, {"name": "x"}, headers=HTMX).status_code == 403


def test_where_nothing_changed_nothing_is_kept(desk: Desk) -> None:
    assert keep_version(desk.document, VersionKind.RUN_START) is None
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    assert keep_version(desk.document, VersionKind.RUN_START)
    assert keep_version(desk.document, VersionKind.RUN_END) is None
    Hand(desk.sections[1], desk.people["owner"]).write("Two.")
    assert keep_version(desk.document, VersionKind.RUN_END)
    add_section(desk.document, acting_user=desk.people["owner"], title="Tide")
    assert keep_version(desk.document, VersionKind.INTERVAL)


def test_what_is_edited_is_kept_from_time_to_time(desk: Desk) -> None:
    section = desk.sections[0]
    hand = Hand(section, desk.people["owner"])
    assert keep_due_versions() == []
    hand.write("One.")
    [first] = keep_due_versions()
    hand.write("Two.")
    set_word_counts({section.pk: 2})
    assert keep_due_versions() == []  # so soon
    Version.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(minutes=11))
    [second] = keep_due_versions()
    assert [place.seq for place in second.places] == [2, 0, 0]
    Version.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert keep_due_versions() == []


def test_old_automatic_versions_are_thinned_out(desk: Desk) -> None:
    def kept(hours: float, kind: VersionKind = VersionKind.INTERVAL, name: str = "") -> Version:
        version = Version.objects.create(
            document=desk.document, kind=kind, name=name, contents=[], changes=[]
        )
        at = NOW - timedelta(hours=hours)
        Version.objects.filter(pk=version.pk).update(created_at=at)
        return version

    fresh = [kept(0.1), kept(0.2), kept(23)]
    old = [kept(48.1), kept(48.2), kept(48.3)]
    older = [kept(24 * 30 + 1), kept(24 * 30 + 3), kept(24 * 30 + 5)]
    named = kept(48.25, VersionKind.NAMED, "First")
    safe = kept(48.26, VersionKind.SAFETY)
    assert thin_versions(desk.document, NOW) == 4
    left = set(Version.objects.values_list("pk", flat=True))
    assert left == {v.pk for v in [*fresh, old[0], older[0], named, safe]}
    recounted = set(Version.objects.filter(changes__isnull=True).values_list("pk", flat=True))
    assert recounted == {old[0].pk, safe.pk, older[0].pk}
    assert thin_versions(desk.document, NOW) == 0


def test_the_panel_lists_who_changed_how_much(desk: Desk) -> None:
    section = desk.sections[0]
    Hand(section, desk.people["owner"]).write("The reef lives by day.")
    name_version(desk.document, name="First", acting_user=desk.people["owner"])
    Hand(section, desk.people["editor"]).replace("lives by day", "sleeps")
    version = name_version(desk.document, name="Second", acting_user=desk.people["owner"])
    assert "Counting" in panel(desk)
    address = reverse("writing:version_changes", args=[version.pk])
    counted = desk.client("viewer").get(address, headers=HTMX).content.decode()
    assert "editor" in counted
    assert "+1" in counted
    assert "−3" in counted
    assert counted.strip() in panel(desk)
    assert "Give it a name" not in panel(desk)
    assert "Rename" in panel(desk, "editor")


def test_the_panel_asks_little_of_the_database_however_much_there_is(
    desk: Desk, django_assert_max_num_queries
) -> None:
    for number in range(60):
        Hand(desk.sections[0], desk.people["owner"]).write(f"Word {number}.")
        name_version(desk.document, name=f"V{number}", acting_user=desk.people["owner"])
    client = desk.client("viewer")
    address = reverse("writing:history", args=[desk.document.pk])
    with django_assert_max_num_queries(9):
        page = client.get(address, headers=HTMX).content.decode()
    assert page.count("version-head") == 40
    oldest = Version.objects.get(name="V20").pk
    assert f"?before={oldest}" in page
    older = client.get(address, {"before": oldest}).content.decode()
    assert older.count("version-head") == 20
    assert client.get(address, {"before": "x"}).status_code == 422


def test_the_workers_look_keeps_versions_and_counts_in_them(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One two.")
    tasks.keep_histories()
    [version] = Version.objects.all()
    assert [(row["added"], row["removed"]) for row in version.changes or ()] == [(2, 0)]


def test_while_agents_write_the_worker_keeps_to_the_versions_of_their_run(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One two.")
    Section.objects.filter(pk=desk.sections[1].pk).update(status=SectionStatus.DRAFTING)
    tasks.keep_histories()
    assert not Version.objects.exists()
    Section.objects.filter(pk=desk.sections[1].pk).update(status=SectionStatus.DONE)
    tasks.keep_histories()
    assert Version.objects.count() == 1
