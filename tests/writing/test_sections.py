import threading
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.urls import reverse
from django.utils.html import strip_tags

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from writing.actions.documents import create_document
from writing.actions.sections import (
    add_section,
    delete_section,
    edit_section,
    move_section,
    restore_section,
    set_status,
)
from writing.exceptions import InvalidInput
from writing.models import Section, SectionStatus


def address(name: str, desk: Desk, section: int = 1) -> str:
    return reverse(f"writing:{name}", args=[desk.sections[section].pk])


def of_document(name: str, desk: Desk) -> str:
    return reverse(f"writing:{name}", args=[desk.document.pk])


def test_the_outline_shows_state_words_and_who_is_at_it(desk: Desk):
    Section.objects.filter(pk=desk.sections[1].pk).update(word_count=186, target_words=400)
    set_status([desk.sections[1].pk], SectionStatus.DRAFTING, worker_name="Writer", worker_tone=3)
    set_status([desk.sections[2].pk], SectionStatus.FAILED, problem="The key is wrong (401).")
    page = desk.client("editor").get(of_document("outline", desk), headers=HTMX).content.decode()
    assert "<html" not in page
    assert f'data-section="{desk.sections[1].pk}"' in page
    assert 'data-status="drafting"' in page
    assert 'data-tone="3"' in page
    assert "186 / 400" in strip_tags(page)
    assert "Writer is drafting" in page
    assert "The key is wrong (401)." in page
    assert reverse("agents:retry_section", args=[desk.sections[2].pk]) in page
    assert reverse("agents:stop_section", args=[desk.sections[1].pk]) in page
    assert reverse("agents:redraft", args=[desk.sections[0].pk]) in page


def test_a_viewer_sees_the_outline_without_anything_to_change_it(desk: Desk):
    page = desk.client("viewer").get(of_document("outline", desk), headers=HTMX).content.decode()
    assert "Streets" in page
    assert "hx-post" not in page
    assert "Add section" not in page


def test_titles_are_text_not_markup(desk: Desk):
    edit_section(desk.sections[0], title="<script>alert(1)</script>")
    page = desk.client("owner").get(of_document("outline", desk), headers=HTMX).content.decode()
    assert "<script>alert" not in page


def test_adding_at_the_end_and_between(desk: Desk):
    client = desk.client("editor")
    client.post(of_document("add_section", desk), {"title": "Last", "target_words": "50"})
    response = client.post(
        of_document("add_section", desk),
        {"title": "Between", "brief": "Why.", "target_words": "50", "position": "1"},
        headers=IN_DIALOG,
    )
    assert response["HX-Retarget"] == "#outline"
    assert "close-dialog" in response["HX-Trigger-After-Swap"]
    assert "Between" in response.content.decode()
    assert desk.titles() == ["Streets", "Between", "Walls", "Night", "Last"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"title": ""}, "Give it a title"),
        ({"title": "   "}, "Give it a title"),
        ({"title": "x" * 201}, "at most 200"),
        ({"brief": "x" * 20_001}, "at most 20,000 fit"),
        ({"key_points": "x" * 5_001}, "at most 5,000 fit"),
        ({"target_words": "-1"}, "between 0 and 20,000"),
        ({"target_words": "20001"}, "between 0 and 20,000"),
        ({"target_words": "many"}, "in figures"),
        ({"target_words": ""}, "how many words"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(desk: Desk, given, message):
    typed = {"title": "Kept title", "brief": "Kept brief", "target_words": "321"} | given
    for name in (of_document("add_section", desk), address("edit_section", desk)):
        response = desk.client("editor").post(name, typed, headers=IN_DIALOG)
        page = response.content.decode()
        assert response.status_code == 422
        assert message in page
        for kept in typed.values():
            assert kept.strip() in page
    assert desk.titles() == ["Streets", "Walls", "Night"]


def test_a_document_holds_two_hundred_sections(desk: Desk):
    for number in range(197):
        add_section(desk.document, acting_user=desk.people["owner"], title=f"Section {number}")
    client = desk.client("owner")
    response = client.post(
        of_document("add_section", desk),
        {"title": "One too many", "target_words": "9"},
        headers=IN_DIALOG,
    )
    assert response.status_code == 422
    assert "at most 200 sections" in response.content.decode()
    assert "One too many" in response.content.decode()
    delete_section(desk.sections[0], acting_user=desk.people["owner"])
    add_section(desk.document, title="Fits now")
    with pytest.raises(InvalidInput, match="at most 200"):
        restore_section(desk.sections[0], acting_user=desk.people["owner"])


def test_one_field_is_saved_where_it_stands(desk: Desk):
    client = desk.client("editor")
    assert client.post(address("edit_section", desk), {"title": "Masons"}, headers=HTMX)
    section = desk.sections[1]
    section.refresh_from_db()
    assert (section.title, section.target_words) == ("Masons", 200)
    client.post(address("edit_section", desk), {"target_words": "350"}, headers=HTMX)
    section.refresh_from_db()
    assert (section.title, section.target_words) == ("Masons", 350)
    refused = client.post(address("edit_section", desk), {"title": " "}, headers=HTMX)
    assert refused.status_code == 422
    assert refused["HX-Retarget"] == "global #toasts"
    section.refresh_from_db()
    assert section.title == "Masons"


def test_key_points_are_one_a_line_and_stand_in_the_outline(desk: Desk):
    client = desk.client("editor")
    typed = {"key_points": "- Stone is old\r\n\r\n•  Masons are not \r\n"}
    assert client.post(address("edit_section", desk), typed, headers=IN_DIALOG).status_code == 200
    desk.sections[1].refresh_from_db()
    assert desk.sections[1].points == ["Stone is old", "Masons are not"]
    dialog = client.get(address("edit_section", desk), headers=HTMX).content.decode()
    assert "Stone is old\nMasons are not</textarea>" in dialog
    outline = client.get(of_document("outline", desk), headers=HTMX).content.decode()
    assert "<li>Masons are not</li>" in outline


def test_the_dialog_opens_with_what_is_there_and_is_a_page_without_script(desk: Desk):
    edit_section(desk.sections[1], brief="Who lays the stone.", target_words=350)
    part = desk.client("editor").get(address("edit_section", desk), headers=HTMX).content.decode()
    assert "Who lays the stone." in part
    assert 'value="350"' in part
    assert "<html" not in part
    assert "<html" in desk.client("editor").get(address("edit_section", desk)).content.decode()
    between = desk.client("editor").get(of_document("add_section", desk) + "?position=2")
    assert 'name="position" value="2"' in between.content.decode()


@pytest.mark.parametrize(
    ("section", "position", "order"),
    [
        (0, 2, ["Walls", "Night", "Streets"]),
        (2, 0, ["Night", "Streets", "Walls"]),
        (1, 1, ["Streets", "Walls", "Night"]),
        (0, 99, ["Walls", "Night", "Streets"]),
    ],
)
def test_moving(desk: Desk, section, position, order):
    response = desk.client("editor").post(
        address("move_section", desk, section), {"position": position}, headers=HTMX
    )
    assert response.status_code == 200
    assert desk.titles() == order


@pytest.mark.parametrize("position", ["", "-1", "first"])
def test_moving_to_no_place_is_refused(desk: Desk, position):
    response = desk.client("editor").post(
        address("move_section", desk), {"position": position}, headers=HTMX
    )
    assert response.status_code == 422
    assert response["HX-Retarget"] == "global #toasts"
    assert desk.titles() == ["Streets", "Walls", "Night"]


def test_deleting_gives_an_undo_that_puts_it_back_where_it_was(desk: Desk):
    client = desk.client("editor")
    response = client.post(address("delete_section", desk), headers=HTMX)
    assert address("restore_section", desk) in response.content.decode()
    assert desk.titles() == ["Streets", "Night"]
    assert client.get(address("edit_section", desk)).status_code == 404
    move_section(desk.sections[2], 0, acting_user=desk.people["owner"])
    client.post(address("restore_section", desk), headers=HTMX)
    assert desk.titles() == ["Night", "Walls", "Streets"]


def test_restoring_what_is_not_deleted_is_not_found(desk: Desk):
    assert desk.client("editor").post(address("restore_section", desk)).status_code == 404


def test_agents_answers_are_made_to_fit(desk: Desk):
    section = add_section(
        desk.document,
        title=" x" * 300,
        brief="y" * 30_000,
        key_points="z\n" * 6_000,
        target_words=1_000_000,
    )
    assert len(section.title) <= 200
    assert len(section.key_points) <= 5_000
    assert (len(section.brief), section.target_words) == (20_000, 20_000)
    assert edit_section(section, title="").title == ""


@pytest.mark.django_db(transaction=True)
def test_outlines_stay_dense_when_people_change_them_at_once():
    user = User.objects.create_user(f"ana-{uuid.uuid4().hex[:8]}")
    document = create_document(user, title="Reefs")
    sections = [add_section(document, acting_user=user, title=str(number)) for number in range(6)]
    together = threading.Barrier(4)

    def change(number: int) -> None:
        try:
            together.wait()
            move_section(sections[number], 5 - number, acting_user=user)
            add_section(document, acting_user=user, title=f"new {number}", position=number)
            delete_section(sections[number], acting_user=user)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = list(document.sections.present())
    assert [row.position for row in rows] == list(range(6))
    assert {row.title for row in rows} == {"4", "5", "new 0", "new 1", "new 2", "new 3"}
