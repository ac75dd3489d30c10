import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from writing.actions.documents import create_document
from writing.actions.sections import edit_section, set_status
from writing.actions.text import set_word_counts
from writing.exceptions import InvalidInput
from writing.models import Document, MemberRole, SectionStatus


def address(name: str, desk: Desk) -> str:
    return reverse(f"writing:{name}", args=[desk.document.pk])


def test_creating_a_document_makes_its_author_the_owner(db):
    author = User.objects.create_user("ana")
    document = create_document(author, title="  Reefs\n at night ", brief=" Fish. ")
    assert (document.title, document.brief) == ("Reefs at night", "Fish.")
    assert document.members.get().user == author
    assert document.members.get().role == MemberRole.OWNER


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"title": " \n\t "}, "title"),
        ({"title": "x" * 201}, "201"),
        ({"title": "Reefs", "brief": "x" * 20_001}, "20,001"),
        ({"title": "Reefs", "target_words": -1}, "between 0"),
    ],
)
def test_bad_input_makes_no_document(db, given, message):
    author = User.objects.create_user("ana")
    with pytest.raises(InvalidInput, match=message):
        create_document(author, **given)
    assert not Document.objects.exists()


def test_the_library_shows_progress_people_find_and_who_is_at_work(desk: Desk):
    edit_section(desk.sections[0], target_words=400)
    desk.sections[0].word_count = 186
    desk.sections[0].save()
    set_status([desk.sections[0].pk], SectionStatus.DONE)
    set_status([desk.sections[1].pk], SectionStatus.DRAFTING, worker_name="Writer", worker_tone=3)
    page = desk.client("viewer").get("/").content.decode()
    assert "The quiet city" in page
    assert "186 / 800 words" in page
    assert "1 of 3 sections done" in page
    assert "Writer is at work" in page
    assert "shared with you" in page
    assert reverse("writing:delete_document", args=[desk.document.pk]) not in page


def test_a_stranger_sees_an_inviting_empty_library(desk: Desk):
    page = desk.client("stranger").get("/").content.decode()
    assert "The quiet city" not in page
    assert "Nothing written yet" in page
    assert page.count(reverse("agents:new_document")) >= 2


def test_search_answers_htmx_with_the_list_alone_and_others_with_the_page(desk: Desk):
    create_document(desk.people["owner"], title="宁静的城市")
    client = desk.client("owner")
    part = client.get("/", {"q": "宁静"}, headers=HTMX)
    assert "宁静的城市" in part.content.decode()
    assert "The quiet city" not in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part["Vary"]
    page = client.get("/", {"q": "QUIET"}).content.decode()
    assert "<html" in page
    assert "The quiet city" in page
    assert "宁静的城市" not in page
    assert "Nothing is called" in client.get("/", {"q": "zebra"}).content.decode()


def test_going_back_in_history_gets_the_whole_page(desk: Desk):
    restoring = HTMX | {"HX-History-Restore-Request": "true"}
    assert "<html" in desk.client("owner").get("/?q=quiet", headers=restoring).content.decode()


def test_a_library_of_many_documents_is_shown_in_pages(desk: Desk):
    for number in range(45):
        create_document(desk.people["stranger"], title=f"Document {number:02}")
    client = desk.client("stranger")
    assert "Document 44" in client.get("/").content.decode()
    second = client.get("/?page=2").content.decode()
    assert "Document 00" in second
    assert "Document 44" not in second
    assert client.get("/?page=nonsense").status_code == 200


def test_the_manuscript_knows_what_its_reader_may_do(desk: Desk):
    assert (
        'data-readonly="false"'
        in desk.client("editor").get(address("manuscript", desk)).content.decode()
    )
    for person in ("commenter", "viewer"):
        page = desk.client(person).get(address("manuscript", desk)).content.decode()
        assert 'data-readonly="true"' in page


def test_a_title_is_saved_where_it_stands(desk: Desk):
    response = desk.client("editor").post(
        address("edit_document", desk), {"title": "A loud city"}, headers=HTMX
    )
    assert response.status_code == 200
    desk.document.refresh_from_db()
    assert (desk.document.title, desk.document.brief) == ("A loud city", "Reefs.")


def test_a_bad_title_is_told_in_a_toast_and_changes_nothing(desk: Desk):
    response = desk.client("editor").post(
        address("edit_document", desk), {"title": "  "}, headers=HTMX
    )
    assert response.status_code == 422
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("global #toasts", "beforeend")
    assert "Give it a title" in response.content.decode()
    desk.document.refresh_from_db()
    assert desk.document.title == "The quiet city"


def test_a_megabyte_of_brief_is_refused_with_its_limit_and_stays_in_the_form(desk: Desk):
    brief = "珊瑚 reef " * 120_000
    data = {
        "title": "The quiet city",
        "brief": brief,
        "kind": "article",
        "language": "en",
        "target_words": "900",
    }
    client = desk.client("owner")
    response = client.post(address("edit_document", desk), data, headers=IN_DIALOG)
    page = response.content.decode()
    assert response.status_code == 422
    assert "at most 20,000 fit" in page
    assert brief.strip() in page
    assert "<html" not in page
    accepted = client.post(
        address("edit_document", desk), data | {"brief": "x" * 20_000}, headers=IN_DIALOG
    )
    assert accepted.status_code == 200
    assert "close-dialog" in accepted["HX-Trigger-After-Swap"]
    desk.document.refresh_from_db()
    assert (len(desk.document.brief), desk.document.target_words) == (20_000, 900)


def test_too_much_text_for_any_form_is_told_in_a_toast(desk: Desk):
    response = desk.client("owner").post(
        address("edit_document", desk),
        b"brief=" + b"x" * 3_000_000,
        content_type="application/x-www-form-urlencoded",
        headers=HTMX,
    )
    assert response.status_code == 413
    assert response["HX-Retarget"] == "global #toasts"
    assert "too much text" in response.content.decode()


def test_only_the_owner_deletes_and_gets_an_undo(desk: Desk):
    refused = desk.client("editor").post(address("delete_document", desk), headers=HTMX)
    assert refused.status_code == 403
    owner = desk.client("owner")
    response = owner.post(address("delete_document", desk), headers=HTMX)
    assert address("restore_document", desk) in response.content.decode()
    assert "library-changed" in response["HX-Trigger"]
    assert "The quiet city" not in owner.get("/").content.decode()
    assert owner.get(address("manuscript", desk)).status_code == 404
    assert desk.client("editor").post(address("restore_document", desk)).status_code == 403
    owner.post(address("restore_document", desk), headers=HTMX)
    assert owner.get(address("manuscript", desk)).status_code == 200


def test_deleting_without_script_leads_back_to_the_library(desk: Desk):
    client = desk.client("owner")
    response = client.post(address("delete_document", desk), follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert address("restore_document", desk) in response.content.decode()


def test_the_document_that_was_worked_on_last_comes_first(desk: Desk):
    create_document(desk.people["owner"], title="Newer, untouched")
    set_word_counts({desk.sections[0].pk: 12})
    page = desk.client("owner").get("/").content.decode()
    assert page.index("The quiet city") < page.index("Newer, untouched")
