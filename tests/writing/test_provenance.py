"""Where words came from, who has reviewed them, and what an export says of both."""

import json
import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from agents.actions.runs import start_draft
from agents.models import Attempt, Model
from tests.writing.conftest import HTMX, Desk
from tests.writing.history import Hand
from writing.actions.export import export_html
from writing.actions.readings import review_section, take_back_review
from writing.actions.text import append_update, body_of, load_updates, new_client
from writing.exceptions import InvalidInput
from writing.manifest import manifest_of
from writing.models import Checkpoint, Reading, Section, Update
from writing.passages import parts_by_section
from writing.provenance import Share, percents, provenance_of
from writing.text.markdown import append_markdown
from writing.text.peer import Peer
from writing.text.schema import validate
from writing.text.tree import texts


@pytest.fixture
def attempt(desk: Desk) -> Attempt:
    """An agent's, on the second section."""
    call_command("seed", verbosity=0)
    run = start_draft(desk.document, acting_user=desk.people["owner"])
    step = run.steps.get(section=desk.sections[1], kind="write")
    return Attempt.objects.create(
        step=step, number=1, client_id=1, model=Model.objects.earliest("pk")
    )


def paste(section: Section, user: User, markdown: str, attempt: uuid.UUID | None = None) -> None:
    """As a browser does with what comes from elsewhere, or with what an agent wrote."""
    peer = Peer(new_client(section.pk, user.pk), load_updates(section.pk)[1])
    mark = {"pasted": {"attempt": str(attempt) if attempt else None}}
    append_markdown(peer.body, markdown, mark)
    append_update(section.pk, peer.take() or b"", user_id=user.pk)


@pytest.fixture
def mixed(desk: Desk, attempt: Attempt) -> Desk:
    """By a person and pasted; by an agent and by both."""
    owner, editor = desk.people["owner"], desk.people["editor"]
    Hand(desk.sections[0], owner).write("One two three.")
    paste(desk.sections[0], editor, "From somewhere else.")
    Hand(desk.sections[1], attempt.pk).write("Four *five* six.\n\nSeven.")
    Hand(desk.sections[1], editor).replace("six", "sixty")
    return desk


def page_of(desk: Desk, person: str = "viewer", **asked: str) -> str:
    address = reverse("writing:provenance", args=[desk.document.pk])
    response = desk.client(person).get(address, asked)
    assert response.status_code == 200
    return response.content.decode()


def test_words_are_counted_by_who_wrote_them(mixed: Desk, attempt: Attempt):
    found = provenance_of(mixed.document)
    first, second, third = found.sections
    assert first.share == Share(people=3, unknown=3, unread=3)
    assert second.share == Share(people=1, agents=3, unread=3)
    assert third.share == Share()
    assert found.share == Share(people=4, agents=3, unknown=3, unread=6)
    assert found.share.percents == {"people": 40, "agents": 30, "unknown": 30}
    assert sorted((each.name, each.words) for each in found.voices) == sorted(
        [("owner", 3), ("editor", 1), ("Unknown", 3), (attempt.step.role.label, 3)]
    )


def test_shares_come_to_a_hundred():
    assert percents([21, 180, 17]) == [10, 82, 8]
    assert percents([1, 1, 1]) == [34, 33, 33]
    assert percents([0, 0]) == [0, 0]


def test_copied_words_of_an_agent_stay_the_agents_and_nobody_elses(desk: Desk, attempt: Attempt):
    paste(desk.sections[0], desk.people["editor"], "Copied words.", attempt.pk)
    paste(desk.sections[0], desk.people["editor"], "Of a foreign one.", uuid.uuid4())
    found = provenance_of(desk.document)
    assert found.share == Share(agents=6, unread=6)
    assert {each.name for each in found.voices} == {attempt.step.role.label, "An agent"}
    assert page_of(desk).count(reverse("agents:step", args=[attempt.step_id])) == 1


def test_what_came_in_without_anybody_is_unknown(desk: Desk):
    peer = Peer(7)
    append_markdown(peer.body, "Imported words.")
    append_update(desk.sections[0].pk, peer.take() or b"")
    assert provenance_of(desk.document).share == Share(unknown=2, unread=2)


def test_an_agents_mark_decides_although_a_person_moved_its_words(desk: Desk, attempt: Attempt):
    section, editor = desk.sections[0], desk.people["editor"]
    peer = Peer(new_client(section.pk, editor.pk))
    mark = {"agent": {"attempt": str(attempt.pk), "tone": 1}}
    append_markdown(peer.body, "Moved here", mark)
    append_update(section.pk, peer.take() or b"", user_id=editor.pk)
    assert provenance_of(desk.document).share == Share(agents=2, unread=2)


def test_a_review_holds_for_what_stands_and_can_be_taken_back(mixed: Desk):
    section, owner = mixed.sections[1], mixed.people["owner"]
    before = runs_of(section)
    reading = review_section(section, acting_user=owner)
    assert provenance_of(mixed.document).sections[1].share.unread == 0
    validate(body_of(section.pk))
    assert Update.objects.filter(section=section).latest("seq").user == owner
    # What comes later has not been read; reading it does not take the first reading's place.
    Hand(section, uuid.uuid4()).write("Eight nine.")
    assert provenance_of(mixed.document).sections[1].share.unread == 2
    later = review_section(section, acting_user=mixed.people["editor"])
    assert provenance_of(mixed.document).sections[1].share.unread == 0
    with pytest.raises(InvalidInput):
        review_section(section, acting_user=owner)
    take_back_review(later, acting_user=owner)
    assert provenance_of(mixed.document).sections[1].share.unread == 2
    take_back_review(reading, acting_user=owner)
    assert not Reading.objects.exists()
    assert runs_of(section)[: len(before)] == before


def runs_of(section: Section) -> list[Any]:
    return [run for _, _, text in texts(body_of(section.pk)) for run in text.diff()]


def test_a_mark_without_its_reading_is_no_review(mixed: Desk):
    reading = review_section(mixed.sections[1], acting_user=mixed.people["owner"])
    reading.delete()
    assert provenance_of(mixed.document).sections[1].share.unread == 3


def test_who_may_edit_may_review(mixed: Desk):
    address = reverse("writing:review_section", args=[mixed.sections[1].pk])
    assert mixed.client("commenter").post(address).status_code == 403
    response = mixed.client("editor").post(address, headers=HTMX)
    assert response["HX-Trigger"] == '{"reviewed": {}}'
    undo = re.search(r'hx-post="(/readings/[^"]+)"', response.content.decode())
    assert undo
    assert mixed.client("viewer").post(undo[1]).status_code == 403
    assert mixed.client("owner").post(undo[1], headers=HTMX).status_code == 200
    assert mixed.client("owner").post(undo[1]).status_code == 404
    page = reverse("writing:provenance", args=[mixed.document.pk])
    assert mixed.client("editor").post(address)["Location"] == page
    assert "I have reviewed it" not in page_of(mixed, "viewer")


def test_the_page_shows_who_and_leads_to_the_step(mixed: Desk, attempt: Attempt):
    review_section(mixed.sections[0], acting_user=mixed.people["owner"])
    page = page_of(mixed)
    step = reverse("agents:step", args=[attempt.step_id])
    assert re.search(rf'<a class="passage agent tone-\d" href="{step}"><sup', page)
    assert '<span class="passage unknown tone-0 read"><sup' in page
    assert "Four <em>five</em> " in page
    assert "Reviewed by owner" in page
    # Whoever has not asked for something sees it plainly.
    only = page_of(mixed, author="unknown", unread="1")
    assert 'class="passage unknown tone-0' not in only.split("sourced-text", 1)[1]
    assert step not in only
    only = page_of(mixed, author=f"agent-{attempt.step.role_id}")
    assert step in only
    assert '<span class="passage other">One two three.</span>' in only


def test_what_people_write_is_escaped(desk: Desk):
    paste(desk.sections[0], desk.people["editor"], 'A <script>alert("1")</script> & so')
    User.objects.filter(pk=desk.people["owner"].pk).update(first_name="<b>O", last_name="")
    Hand(desk.sections[0], desk.people["owner"]).write("Words")
    for page in (page_of(desk), page_of(desk, author="<script>")):
        assert "<script>alert" not in page
        assert "<b>O" not in page


def test_a_page_without_words_says_so(desk: Desk):
    assert "Nothing is written yet" in page_of(desk)


def queries(client: Client, address: str, count: Any) -> int:
    cache.clear()
    with count() as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_more_sections_and_authors_take_no_more_queries(mixed: Desk, django_assert_max_num_queries):
    client = mixed.client("viewer")
    address = reverse("writing:provenance", args=[mixed.document.pk])
    client.get(address)

    def count():
        return django_assert_max_num_queries(20)

    few = queries(client, address, count)
    Hand(mixed.sections[2], mixed.people["commenter"]).write("More words.")
    Hand(mixed.sections[2], uuid.uuid4()).write("And more.")
    review_section(mixed.sections[2], acting_user=mixed.people["owner"])
    assert queries(client, address, count) == few


def test_what_took_long_to_play_is_kept(desk: Desk):
    hand = Hand(desk.sections[0], desk.people["owner"])
    hand.write("zero")
    for number in range(205):
        hand.replace("zero", f"zero {number}")
    assert provenance_of(desk.document).share.total == 206
    assert Checkpoint.objects.get().seq == 206
    hand.write("last")
    cache.clear()
    assert provenance_of(desk.document).share.people == 207
    assert Checkpoint.objects.count() == 1
    [parts, *_] = parts_by_section(desk.document)
    assert "last" in str(parts)


# What is exported


def disclosures(page: str) -> dict[str, str | None]:
    """By each block's words."""
    found: dict[str, str | None] = {}
    for attributes, inner in re.findall(r"<p([^>]*)>(.*?)</p>", page):
        level = re.search(r' ai-disclosure="([^"]+)"', attributes)
        found[re.sub(r"<[^>]*>", "", inner)] = level[1] if level else None
    return found


def test_exported_blocks_disclose_their_authors(mixed: Desk, attempt: Attempt):
    model = attempt.model
    assert model
    page = export_html(mixed.document)
    assert disclosures(page) == {
        "One two three.": "none",
        "From somewhere else.": None,
        "Four five sixty.": "ai-generated",
        "Seven.": "autonomous",
    }
    assert f'ai-model="{model.name}" ai-provider="{model.provider.label}">Seven.' in page
    assert '<meta name="ai-disclosure" content="mixed">' in page
    assert 'href="The%20quiet%20city.provenance.json"' in page
    assert "<section>" in page  # what holds others says nothing, since they would inherit it
    review_section(mixed.sections[1], acting_user=mixed.people["owner"])
    assert disclosures(export_html(mixed.document))["Seven."] == "ai-generated"


def test_a_persons_text_that_an_agent_touched_is_assisted(desk: Desk, attempt: Attempt):
    Hand(desk.sections[0], attempt.pk).write("Mostly.")
    Hand(desk.sections[0], desk.people["owner"]).replace("Mostly", "A sentence of somebody, most")
    page = export_html(desk.document)
    assert disclosures(page) == {"A sentence of somebody, most.": "ai-assisted"}
    assert '<meta name="ai-disclosure" content="ai-assisted">' in page


def test_lists_tables_and_code_disclose_too(desk: Desk, attempt: Attempt):
    text = "- one\n- two\n\n| a |\n|---|\n| b |\n\n```\ncode\n```\n\n### Head"
    Hand(desk.sections[0], attempt.pk).write(text)
    page = export_html(desk.document)
    assert page.count('ai-disclosure="autonomous"') == 6
    assert re.search(r'<pre ai-disclosure="autonomous"[^>]*><code>', page)
    assert '<meta name="ai-disclosure" content="autonomous">' in page


def test_what_is_unknown_is_disclosed_as_nothing(desk: Desk):
    paste(desk.sections[0], desk.people["owner"], "Who knows.")
    page = export_html(desk.document)
    assert "ai-disclosure" not in page
    assert manifest_of(desk.document)["shares"]["percent"]["people"] == 0


def test_the_manifest_says_of_every_passage_where_it_came_from(mixed: Desk, attempt: Attempt):
    reading = review_section(mixed.sections[1], acting_user=mixed.people["owner"])
    address = reverse("writing:export", args=[mixed.document.pk, "json"])
    response = mixed.client("viewer").get(address)
    assert response["Content-Type"] == "application/json"
    assert 'filename="The quiet city.provenance.json"' in response["Content-Disposition"]
    manifest = json.loads(b"".join(response))
    assert (manifest["manifest"], manifest["version"]) == ("scriptorium-provenance", 1)
    assert manifest["shares"] == {
        "words": {"total": 10, "people": 4, "agents": 3, "unknown": 3, "not_reviewed": 3},
        "percent": {"people": 40, "agents": 30, "unknown": 30},
    }
    assert [each["title"] for each in manifest["sections"]] == ["Streets", "Walls", "Night"]
    own, pasted = manifest["sections"][0]["passages"]
    assert (own["kind"], own["name"], own["text"]) == ("person", "owner", "One two three.")
    assert (pasted["kind"], pasted["name"], pasted["step"]) == ("unknown", None, None)
    passage = manifest["sections"][1]["passages"][0]
    assert passage["kind"] == "agent"
    assert passage["step"] == str(attempt.step_id)
    assert passage["attempt"] == str(attempt.pk)
    assert attempt.model
    assert passage["model"] == attempt.model.name
    assert passage["written_from"] is not None
    assert passage["reviewed"]["by"] == "owner"
    assert passage["reviewed"]["at"].startswith(reading.at.strftime("%Y-%m-%dT%H:%M:%S"))
    assert sum(each["words"] for each in manifest["authors"]) == 10
