from typing import Any

import pytest
from django.urls import reverse

from tests.writing.conftest import Desk
from tests.writing.history import Hand
from writing.actions.sections import add_section, delete_section, edit_section
from writing.actions.versions import name_version, take_version
from writing.models import Version


@pytest.fixture
def first(desk: Desk) -> Version:
    """A version with text in two sections."""
    hand = Hand(desk.sections[0], desk.people["owner"])
    for number in range(9):
        hand.write(f"Paragraph {number} is about the reef.")
    Hand(desk.sections[1], desk.people["owner"]).write("Walls hunt.")
    return name_version(desk.document, name="First", acting_user=desk.people["owner"])


def compare(desk: Desk, person: str = "viewer", **query: Any) -> str:
    address = reverse("writing:compare", args=[desk.document.pk])
    return desk.client(person).get(address, query).content.decode()


def test_changed_words_stand_in_the_text(desk: Desk, first: Version) -> None:
    Hand(desk.sections[0], desk.people["editor"]).replace("4 is about", "4 tells <b> of")
    page = compare(desk, before=first.pk)
    assert "tells &lt;b&gt; of</ins>" in page
    assert "is about</del>" in page
    assert "removed:" in page
    assert "Paragraph 3" in page  # beside it
    assert "Paragraph 1 is" not in page
    assert "3 unchanged paragraphs" in page
    assert "Walls" not in page
    assert "Paragraph 1 is" in compare(desk, before=first.pk, all=1)


def test_side_by_side_each_side_has_its_own_words(desk: Desk, first: Version) -> None:
    Hand(desk.sections[0], desk.people["editor"]).replace("4 is about", "4 tells of")
    page = compare(desk, before=first.pk, view="side")
    left, right = page.split('<tr class="row changed">')[1].split("</tr>")[0].split("</td><td>")
    assert "is about" in left
    assert "tells of" in right
    assert "<ins>" not in left
    assert "<del>" not in right
    assert '<th scope="col">First</th>' in page


def test_sections_that_came_went_or_have_another_title_are_told(desk: Desk, first: Version) -> None:
    owner = desk.people["owner"]
    edit_section(desk.sections[0], acting_user=owner, title="Lanes")
    delete_section(desk.sections[1], acting_user=owner)
    Hand(add_section(desk.document, acting_user=owner, title="Tide"), owner).write("It turns.")
    page = compare(desk, before=first.pk)
    assert "Streets</del>" in page
    assert "Lanes</ins>" in page
    assert "Walls</del>" in page
    assert "Tide</ins>" in page
    assert "It turns.</ins>" in page
    assert "3 sections" in page


def test_any_two_are_compared(desk: Desk, first: Version) -> None:
    hand = Hand(desk.sections[0], desk.people["editor"])
    hand.write("Second.")
    second = name_version(desk.document, name="Second", acting_user=desk.people["owner"])
    hand.write("Third.")
    page = compare(desk, after=second.pk)  # with the one before
    assert "Second.</ins>" in page
    assert "Third." not in page
    backwards = compare(desk, before=second.pk, after=first.pk)
    assert "Second.</del>" in backwards
    assert "Walls hunt.</ins>" in compare(desk, before="start", after=first.pk)
    assert "Nothing differs" in compare(desk, before=first.pk, after=first.pk)


def test_a_version_of_one_section_is_compared_with_that_section(desk: Desk, first: Version) -> None:
    kept = take_version(desk.sections[0], "Before it was drafted again")
    Hand(desk.sections[0], desk.people["editor"]).write("More.")
    Hand(desk.sections[1], desk.people["editor"]).write("Else.")
    page = compare(desk, before=kept.pk)
    assert "More.</ins>" in page
    assert "Else." not in page
    assert "Restore the document" not in compare(desk, "editor", before=kept.pk)


def test_only_who_may_edit_is_offered_to_restore(desk: Desk, first: Version) -> None:
    Hand(desk.sections[0], desk.people["editor"]).write("More.")
    restore = reverse("writing:revert_document", args=[first.pk])
    one = reverse("writing:revert_section", args=[first.pk, desk.sections[0].pk])
    editors, viewers = compare(desk, "editor", before=first.pk), compare(desk, before=first.pk)
    assert restore in editors
    assert one in editors
    assert "/revert/" not in viewers


def test_what_is_no_version_of_the_document_is_not_found(desk: Desk, first: Version) -> None:
    address = reverse("writing:compare", args=[desk.document.pk])
    for value in ("999999", "x", "-1"):
        assert desk.client("viewer").get(address, {"before": value}).status_code == 404
    assert desk.client("stranger").get(address).status_code == 404


def test_the_database_is_asked_little(
    desk: Desk, first: Version, django_assert_max_num_queries
) -> None:
    Hand(desk.sections[0], desk.people["editor"]).write("More.")
    client = desk.client("viewer")
    address = reverse("writing:compare", args=[desk.document.pk])
    with django_assert_max_num_queries(16):
        client.get(address, {"before": first.pk})
