from django.urls import reverse

from tests.writing.conftest import HTMX, Desk
from tests.writing.history import Hand, text_of
from writing.actions.sections import (
    add_section,
    delete_section,
    edit_section,
    move_section,
    set_status,
)
from writing.actions.text import updates_after
from writing.actions.versions import name_version, take_version
from writing.models import Reversion, SectionStatus, Update, Version


def named(desk: Desk, name: str = "First") -> Version:
    return name_version(desk.document, name=name, acting_user=desk.people["owner"])


def revert(desk: Desk, version: Version, person: str = "editor", **headers: str):
    address = reverse("writing:revert_document", args=[version.pk])
    return desk.client(person).post(address, headers=headers)


def undo(desk: Desk, person: str = "editor"):
    address = reverse("writing:undo_reversion", args=[Reversion.objects.latest("created_at").pk])
    return desk.client(person).post(address, headers=HTMX)


def test_texts_titles_and_order_come_back_and_undo_takes_that_back(desk: Desk) -> None:
    streets, walls, night = desk.sections
    ana, ben = (Hand(streets, desk.people[name]) for name in ("owner", "editor"))
    ana.write("The reef lives by day.")
    Hand(walls, desk.people["owner"]).write("Walls hunt.")
    version = named(desk)
    ben.replace("day", "night")
    edit_section(streets, acting_user=desk.people["owner"], title="Lanes")
    move_section(night, 0, acting_user=desk.people["owner"])
    delete_section(walls, acting_user=desk.people["owner"])
    add_section(desk.document, acting_user=desk.people["owner"], title="Tide")
    assert desk.titles() == ["Night", "Lanes", "Tide"]

    answer = revert(desk, version, **HTMX)
    assert "The document is as it was in “First”." in answer.content.decode()
    assert desk.titles() == ["Streets", "Walls", "Night"]
    assert text_of(streets) == "The reef lives by day."
    assert text_of(walls) == "Walls hunt."
    newest = Update.objects.filter(section=streets).latest("seq")
    assert newest.user == desk.people["editor"]
    ana.write("Typed since.")

    assert "undone" in undo(desk).content.decode()
    assert desk.titles() == ["Night", "Lanes", "Tide"]
    assert text_of(streets) == "The reef lives by night.\n\nTyped since."
    assert undo(desk).status_code == 422


def test_nothing_of_it_is_lost_to_the_log(desk: Desk) -> None:
    [streets, *_] = desk.sections
    ana = Hand(streets, desk.people["owner"])
    ana.write("One.")
    version = named(desk)
    ana.write("Two.")
    before = updates_after(streets.pk, 0)
    revert(desk, version)
    undo(desk)
    assert updates_after(streets.pk, 0)[: len(before)] == before
    assert [seq for seq, _ in updates_after(streets.pk, 0)] == [1, 2, 3, 4]


def test_a_page_without_script_is_answered_with_the_manuscript(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    version = named(desk)
    Hand(desk.sections[0], desk.people["owner"]).write("Two.")
    client = desk.client("editor")
    address = reverse("writing:revert_document", args=[version.pk])
    answer = client.post(address)
    assert answer["Location"] == reverse("writing:manuscript", args=[desk.document.pk])
    assert text_of(desk.sections[0]) == "One."
    undo = reverse("writing:undo_reversion", args=[Reversion.objects.get().pk])
    assert f'hx-post="{undo}"' in client.get(answer["Location"]).content.decode()


def test_not_while_agents_write_there(desk: Desk) -> None:
    streets, walls, _night = desk.sections
    Hand(streets, desk.people["owner"]).write("One.")
    version = named(desk)
    Hand(streets, desk.people["owner"]).write("Two.")
    set_status([walls.pk], SectionStatus.DRAFTING, worker_name="Writer")
    answer = revert(desk, version, **HTMX)
    assert answer.status_code == 422
    assert "Agents are writing in “Walls”" in answer.content.decode()
    assert text_of(streets) == "One.\n\nTwo."
    address = reverse("writing:revert_section", args=[version.pk, streets.pk])
    assert desk.client("editor").post(address, headers=HTMX).status_code == 200
    assert text_of(streets) == "One."
    set_status([streets.pk], SectionStatus.DRAFTING, worker_name="Writer")
    assert undo(desk).status_code == 422
    assert text_of(streets) == "One."


def test_one_section_comes_back_alone(desk: Desk) -> None:
    streets, walls, night = desk.sections
    for section in (streets, walls):
        Hand(section, desk.people["owner"]).write("One.")
    version = named(desk)
    for section in (streets, walls):
        Hand(section, desk.people["owner"]).write("Two.")
    address = reverse("writing:revert_section", args=[version.pk, streets.pk])
    desk.client("editor").post(address, headers=HTMX)
    assert [text_of(streets), text_of(walls)] == ["One.", "One.\n\nTwo."]
    undo(desk)
    assert text_of(streets) == "One.\n\nTwo."
    other = take_version(walls, "Before it was drafted again")
    address = reverse("writing:revert_section", args=[other.pk, night.pk])
    assert desk.client("editor").post(address, headers=HTMX).status_code == 422
    assert revert(desk, other, **HTMX).status_code == 422


def test_who_may_not_edit_restores_nothing(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    version = named(desk)
    Hand(desk.sections[0], desk.people["owner"]).write("Two.")
    for person, status in (("viewer", 403), ("commenter", 403), ("stranger", 404)):
        assert revert(desk, version, person, **HTMX).status_code == status
    assert text_of(desk.sections[0]) == "One.\n\nTwo."
    revert(desk, version)
    for person, status in (("viewer", 403), ("stranger", 404)):
        assert undo(desk, person).status_code == status
    assert text_of(desk.sections[0]) == "One."


def test_what_was_kept_before_can_be_gone_back_to(desk: Desk) -> None:
    Hand(desk.sections[0], desk.people["owner"]).write("One.")
    version = named(desk)
    Hand(desk.sections[0], desk.people["owner"]).write("Two.")
    revert(desk, version)
    before = Version.objects.whole().get(reason="Before going back")
    revert(desk, before)
    assert text_of(desk.sections[0]) == "One.\n\nTwo."


def test_looks_come_back_and_go_again(desk: Desk) -> None:
    section = desk.sections[0]
    Hand(section, desk.people["owner"]).write("The **reef** lives.")
    version = named(desk)
    Hand(section, desk.people["editor"]).replace("reef", "reef")  # in plain letters
    assert text_of(section) == "The reef lives."
    revert(desk, version)
    assert text_of(section) == "The **reef** lives."
    undo(desk)
    assert text_of(section) == "The reef lives."
