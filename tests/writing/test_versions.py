import uuid

import pytest
from django.urls import reverse
from pycrdt import Doc, XmlFragment

from tests.writing.conftest import HTMX, Desk
from writing.actions.sections import set_status
from writing.actions.text import append_update, body_of, claim_client, load_updates, take_version
from writing.models import Section, SectionStatus, Update
from writing.text.markdown import append_markdown, to_markdown
from writing.text.peer import Peer

ATTEMPT = str(uuid.uuid4())


@pytest.fixture
def redrafted(desk: Desk) -> Section:
    """A section of which a version was kept before more was written."""
    section = desk.sections[0]
    text: Doc = Doc()
    body = text.get("body", type=XmlFragment)
    append_markdown(body, "First *words*.", {"agent": {"attempt": ATTEMPT, "tone": 1}})
    append_update(section.pk, text.get_update())
    take_version(section, "Before it was drafted again")
    peer = Peer(77, load_updates(section.pk)[1])
    claim_client(section.pk, 77, user_id=desk.people["owner"].pk)
    append_markdown(peer.body, "Second words, which are more.")
    written = peer.take()
    assert written
    append_update(section.pk, written, user_id=desk.people["owner"].pk)
    return section


def swap(desk: Desk, section: Section, person: str = "editor"):
    address = reverse("writing:swap_version", args=[section.pk])
    return desk.client(person).post(address, headers=HTMX)


def text_of(section: Section) -> str:
    return to_markdown(body_of(section.pk)).strip()


def test_the_earlier_text_comes_back_and_undo_takes_that_back(desk: Desk, redrafted: Section):
    outline = reverse("writing:outline", args=[desk.document.pk])
    assert "earlier text" in desk.client("editor").get(outline, headers=HTMX).content.decode()
    response = swap(desk, redrafted)
    assert "is back" in response.content.decode()
    assert reverse("writing:swap_version", args=[redrafted.pk]) in response.content.decode()
    assert text_of(redrafted) == "First *words*."
    assert ATTEMPT in str(body_of(redrafted.pk))
    redrafted.refresh_from_db()
    assert redrafted.word_count == 2
    swap(desk, redrafted)
    assert text_of(redrafted) == "First *words*.\n\nSecond words, which are more."


def test_going_back_is_an_edit_like_any_other(desk: Desk, redrafted: Section):
    swap(desk, redrafted)
    rows = Update.objects.filter(section=redrafted).values_list("seq", "user_id")
    assert [seq for seq, _ in rows] == [1, 2, 3]
    assert list(rows)[-1][1] == desk.people["editor"].pk


def test_nothing_is_swapped_under_an_agents_pen(desk: Desk, redrafted: Section):
    set_status([redrafted.pk], SectionStatus.DRAFTING, worker_name="Writer")
    response = swap(desk, redrafted)
    assert response.status_code == 422
    assert "Stop them first" in response.content.decode()
    assert "Second" in text_of(redrafted)


def test_without_a_version_there_is_nothing_to_go_back_to(desk: Desk, redrafted: Section):
    assert swap(desk, desk.sections[1]).status_code == 422
