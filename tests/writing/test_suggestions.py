"""Suggestions by HTTP: cards, decisions and their undoing, and the form of who may only comment."""

import json
import random
import uuid
from collections.abc import Callable
from typing import TypeVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pycrdt import XmlElement, XmlText

from tests.writing.conftest import HTMX, IN_DIALOG, Desk
from writing import open_suggestions as remembered
from writing.actions.export import export_html, export_markdown
from writing.actions.suggestions import note_suggestion
from writing.actions.text import append_update, body_of, claim_client, load_updates
from writing.models import Decision, Peer, Section, Suggestion, Update
from writing.text.content import contents_of
from writing.text.lib0 import varuint
from writing.text.markdown import plain_text
from writing.text.marking import block_mark, kind_of, set_marks
from writing.text.peer import Peer as Copy
from writing.text.proposing import propose
from writing.text.schema import validate
from writing.text.structs import Kind, parse
from writing.text.tree import append_element, append_text, runs, texts

T = TypeVar("T")
OLD = "Reefs grow slow. They are old."
NEW = "Reefs grow slowly. They are very old."


@pytest.fixture(autouse=True)
def forgotten() -> None:
    remembered._remembered.clear()


def edit(desk: Desk, section: Section, person: str, change: Callable[[Copy], T]) -> T:
    """As somebody's browser would."""
    copy = Copy(random.randrange(1, 2**31), load_updates(section.pk)[1])
    made = change(copy)
    update = copy.take()
    assert update
    user = desk.people[person]
    assert claim_client(section.pk, copy.client_id, user_id=user.pk)
    with transaction.atomic():
        append_update(section.pk, update, user_id=user.pk)
    return made


def write(copy: Copy) -> None:
    copy.body.children.append(XmlElement("paragraph", {}, [XmlText(OLD)]))


def rewrite(copy: Copy) -> list[str]:
    [(_path, _tag, text)] = list(texts(copy.body))
    return propose(copy, text, 0, len(text), NEW)


@pytest.fixture
def section(desk: Desk) -> Section:
    edit(desk, desk.sections[0], "owner", write)
    return desk.sections[0]


@pytest.fixture
def ids(desk: Desk, section: Section) -> list[str]:
    """Two suggestions that an editor made in their browser."""
    return edit(desk, section, "editor", rewrite)


def shown(desk: Desk, person: str = "owner", **query: str) -> str:
    address = reverse("writing:review", args=[desk.document.pk])
    return desk.client(person).get(address, query, headers=HTMX).content.decode()


def decide(desk: Desk, subject, decision: str, person: str = "owner", **data):
    name = "decide_in_section" if isinstance(subject, Section) else "decide"
    address = reverse(f"writing:{name}", args=[subject.pk])
    return desk.client(person).post(address, {"decision": decision, **data}, headers=HTMX)


def text_of(section: Section) -> str:
    return plain_text(body_of(section.pk))


def agents_suggestion(desk: Desk, section: Section, new: str, agent: str = "Editor") -> str:
    """Marks and row, as a step writes them."""

    def change(copy: Copy) -> list[str]:
        *_, (_path, _tag, text) = texts(copy.body)
        return propose(copy, text, 0, len(text), new)

    [mark] = edit(desk, section, "owner", change)
    attempt = uuid.uuid4()
    note_suggestion(
        section,
        mark=mark,
        old="x",
        new="y",
        reason="Say more.",
        attempt=attempt,
        agent_name=agent,
        agent_tone=3,
    )
    return mark


def test_a_card_says_who_what_and_where(desk: Desk, section: Section, ids: list[str]):
    page = shown(desk)
    for mark in ids:
        assert f'data-suggestion-card="{mark}" data-section="{section.pk}"' in page
    assert "<b>editor</b>" in page
    assert "Reefs grow <del>slow</del><ins>slowly</ins>. They are old." in page
    assert "They are <ins>very </ins>old." in page
    row = Suggestion.objects.get(mark=ids[0])
    assert (row.user, row.old, row.new) == (desk.people["editor"], "slow", "slowly")
    assert row.created_at == Update.objects.filter(section=section).latest("seq").created_at
    assert row.accepted is None


def test_nobody_suggests_in_somebody_elses_name(desk: Desk, section: Section, ids: list[str]):
    """Who only repeats an id, in marks or in words, is not who suggested it."""

    def repeat(copy: Copy) -> None:
        text = append_text(append_element(copy.body, "paragraph"))
        text.insert(0, ids[0])
        text.format(0, 5, {"insertion": {"id": ids[0]}})

    edit(desk, section, "owner", repeat)
    shown(desk)
    assert Suggestion.objects.get(mark=ids[0]).user == desk.people["editor"]


def test_an_agents_card_gives_its_reason_and_leads_to_its_step(desk: Desk, section: Section):
    mark = agents_suggestion(desk, section, "Reefs grow slow. They are ancient.")
    page = shown(desk)
    attempt = Suggestion.objects.get(mark=mark).attempt
    assert "Say more." in page
    assert "face small agent tone-3" in page
    assert reverse("agents:attempt", args=[attempt]) in page


@pytest.mark.parametrize(
    ("decision", "text"),
    [("accept", OLD.replace("slow.", "slowly.")), ("reject", OLD)],
)
def test_one_is_decided_on_as_an_edit_of_whoever_decides(
    desk: Desk, section: Section, ids: list[str], decision: str, text: str
):
    answer = decide(desk, section, decision, id=ids[0])
    assert answer.status_code == 200
    assert text_of(section) == text
    page = answer.content.decode()
    assert ids[0] not in page
    assert ids[1] in page
    assert f"Suggestion {decision}ed." in page
    row = Suggestion.objects.get(mark=ids[0])
    assert row.accepted is (decision == "accept")
    assert row.decided_by == desk.people["owner"]
    newest = Update.objects.filter(section=section).latest("seq")
    assert newest.user == desk.people["owner"]
    section.refresh_from_db()
    assert section.word_count == 6
    validate(body_of(section.pk))


def test_several_those_chosen_and_all_of_a_section(desk: Desk, section: Section, ids: list[str]):
    assert "2 suggestions accepted." in decide(desk, section, "accept", id=ids).content.decode()
    assert text_of(section) == NEW
    assert decide(desk, section, "accept").status_code == 422
    assert Suggestion.objects.filter(accepted=True).count() == 2


def test_all_of_a_document_or_of_one_author(desk: Desk, section: Section, ids: list[str]):
    other = desk.sections[1]
    edit(desk, other, "owner", write)
    agents_suggestion(desk, other, "Reefs grow slow. They are ancient.")
    page = shown(desk)
    assert "Of everybody" in page
    assert "Accept all" in page
    editors = f"user:{desk.people['editor'].pk}"
    page = shown(desk, by=editors)
    assert ids[0] in page
    assert "ancient" not in page
    decide(desk, desk.document, "accept", agent="Editor")
    assert text_of(other) == "Reefs grow slow. They are ancient."
    assert text_of(section) == OLD
    agents_suggestion(desk, other, "Reefs grow slow. They are young.")
    decide(desk, desk.document, "reject", user=desk.people["editor"].pk)
    assert not shown(desk).count("<del>slow</del>")
    decide(desk, desk.document, "accept")
    assert "young" in text_of(other)


def test_undo_opens_them_again_and_keeps_what_was_typed_since(
    desk: Desk, section: Section, ids: list[str]
):
    for decision, decided in (("accept", NEW), ("reject", OLD)):
        page = decide(desk, section, decision).content.decode()
        assert text_of(section).removesuffix("!") == decided
        batch = Decision.objects.get().batch
        undo = reverse("writing:take_back", args=[batch])
        assert undo in page
        edit(desk, section, "editor", lambda copy: _last_text(copy).insert(0, ">"))
        for person, status in (("editor", 403), ("stranger", 404)):
            assert desk.client(person).post(undo, headers=HTMX).status_code == status
        answer = desk.client("owner").post(undo, headers=HTMX)
        assert "review-changed" in answer["HX-Trigger"]
        newest = Update.objects.filter(section=section).latest("seq")
        [writer] = {struct.client for struct in parse(bytes(newest.data)).structs}
        assert Peer.objects.get(section=section, client_id=writer).user == newest.user
        assert text_of(section).lstrip(">") == OLD
        assert [mark in shown(desk) for mark in ids] == [True, True]
        assert not Suggestion.objects.exclude(accepted=None).exists()
        assert desk.client("owner").post(undo, headers=HTMX).status_code == 404
        edit(desk, section, "editor", lambda copy: _last_text(copy).__delitem__(slice(0, 1)))


@pytest.mark.parametrize("decision", ["accept", "reject"])
def test_undo_needs_no_marks_that_browsers_have_tidied_away(
    desk: Desk, section: Section, ids: list[str], decision: str
):
    """Yjs deletes formatting in which nothing stands any more, in an update of its own."""
    before = contents_of(body_of(section.pk))
    decide(desk, section, decision)
    state = parse(Copy(1, load_updates(section.pk)[1]).state())
    left = [each for each in state.structs if each.kind is Kind.FORMAT and kind_of(each.name)]
    with transaction.atomic():
        for each in left:
            deletion = b"".join(map(varuint, (0, 1, each.client, 1, each.clock, each.length)))
            append_update(section.pk, deletion, user_id=desk.people["owner"].pk)
    undo = reverse("writing:take_back", args=[Decision.objects.latest("pk").batch])
    desk.client("owner").post(undo, headers=HTMX)
    assert contents_of(body_of(section.pk)) == before


def _last_text(copy: Copy) -> XmlText:
    *_, (_path, _tag, text) = texts(copy.body)
    return text


def test_only_who_may_edit_decides_and_nobody_else_sees_it(
    desk: Desk, section: Section, ids: list[str]
):
    for person, status in (("stranger", 404), ("commenter", 403), ("viewer", 403)):
        for subject in (section, desk.document):
            assert decide(desk, subject, "accept", person, id=ids[0]).status_code == status
    assert text_of(section) == OLD
    page = shown(desk, "commenter")
    assert ids[0] in page
    assert 'value="accept"' not in page
    address = reverse("writing:review", args=[desk.document.pk])
    assert desk.client("stranger").get(address, headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    "data", [{}, {"decision": "keep"}, {"decision": "accept", "id": "nonsense"}]
)
def test_what_is_no_decision_is_refused(desk: Desk, section: Section, ids: list[str], data):
    address = reverse("writing:decide_in_section", args=[section.pk])
    assert desk.client("owner").post(address, data, headers=HTMX).status_code == 422
    unknown = decide(desk, section, "accept", id=str(uuid.uuid4()))
    assert unknown.status_code == 422
    assert "open any more" in unknown.content.decode()
    assert text_of(section) == OLD


def test_another_sections_suggestions_are_left_alone(desk: Desk, section: Section, ids: list[str]):
    assert decide(desk, desk.sections[1], "accept", id=ids[0]).status_code == 422
    assert text_of(section) == OLD


def test_without_htmx_it_works_by_pages(desk: Desk, section: Section, ids: list[str]):
    address = reverse("writing:decide_in_section", args=[section.pk])
    data = {"decision": "accept", "id": ids}
    page = desk.client("owner").post(address, data, follow=True).content.decode()
    assert "2 suggestions accepted." in page
    assert text_of(section) == NEW


def test_blocks_are_told_by_name(desk: Desk, section: Section):
    def add(copy: Copy) -> None:
        heading = append_element(copy.body, "heading", {"level": 2})
        append_text(heading).insert(0, "Walls")
        set_marks(heading, [block_mark("insertion", str(uuid.uuid4()))])

    edit(desk, section, "editor", add)
    page = shown(desk)
    assert "Heading: new" in page
    assert "<ins>Walls</ins>" in page


def test_who_suggested_it_is_known_in_another_section_too(desk: Desk, section: Section, ids):
    shown(desk)
    client = desk.client("owner")
    position = anchor(section, "T")
    split = reverse("writing:split_section", args=[section.pk])
    assert client.post(split, {"position": position}, headers=HTMX).status_code == 200
    part = desk.document.sections.get(title="Streets, continued")
    assert {text_of(section).strip(), text_of(part)} == {"Reefs grow slow.", "They are old."}
    page = shown(desk)
    assert f'data-suggestion-card="{ids[1]}" data-section="{part.pk}"' in page
    assert Suggestion.objects.get(mark=ids[1]).user == desk.people["editor"]
    client.post(reverse("writing:merge_section", args=[section.pk]), headers=HTMX)
    assert f'data-suggestion-card="{ids[1]}" data-section="{section.pk}"' in shown(desk)
    decide(desk, section, "accept")
    assert "They are very old." in text_of(section)
    assert Suggestion.objects.get(mark=ids[1]).user == desk.people["editor"]


def test_what_is_suggested_is_in_no_export(desk: Desk, section: Section, ids: list[str]):
    for export in (export_markdown(desk.document), export_html(desk.document)):
        assert "slowly" not in export
        assert "Reefs grow slow. They are old." in export


def test_as_many_queries_for_many_suggestions_as_for_one(desk: Desk, section: Section, ids):
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            shown(desk)
        return len(queries)

    shown(desk)
    few = count()
    for other in desk.sections[1:]:
        edit(desk, other, "owner", write)
        edit(desk, other, "editor", rewrite)
    shown(desk)
    assert count() == few
    remembered._remembered.clear()
    assert count() == few + 1


# The form of those who may only comment


def anchor(section: Section, character: str) -> str:
    """The position of a character as y-prosemirror gives it."""
    for struct in parse(Copy(1, load_updates(section.pk)[1]).state()).structs:
        if struct.kind is Kind.STRING and character in struct.text:
            clock = struct.clock + struct.text.index(character)
            return json.dumps({"item": {"client": struct.client, "clock": clock}})
    raise AssertionError(character)


def suggest(desk: Desk, section: Section, person: str, **data):
    chosen = {"first": anchor(section, "g"), "last": anchor(section, "w")} | data
    address = reverse("writing:suggest", args=[section.pk])
    return desk.client(person).post(address, chosen, headers=IN_DIALOG)


def test_a_commenter_suggests_other_words_by_the_form(desk: Desk, section: Section):
    address = reverse("writing:suggest", args=[section.pk])
    query = {"first": anchor(section, "g"), "last": anchor(section, "w")}
    form = desk.client("commenter").get(address, query, headers=IN_DIALOG).content.decode()
    assert ">\ngrow</textarea>" in form
    answer = suggest(desk, section, "commenter", new_text="are built", reason="By whom?")
    assert "close-dialog" in answer["HX-Trigger-After-Swap"]
    row = Suggestion.objects.get(section=section)
    assert (row.user, row.reason) == (desk.people["commenter"], "By whom?")
    page = shown(desk)
    assert "Reefs <del>grow</del><ins>are built</ins> slow" in page
    assert "By whom?" in page
    assert text_of(section) == OLD
    newest = Update.objects.filter(section=section).latest("seq")
    assert newest.user == desk.people["commenter"]
    validate(body_of(section.pk))
    decide(desk, section, "accept", id=str(row.mark))
    assert text_of(section) == OLD.replace("grow", "are built")


def test_an_empty_replacement_suggests_that_the_words_go(desk: Desk, section: Section):
    assert suggest(desk, section, "commenter", new_text="").status_code == 200
    assert Suggestion.objects.get(section=section).old == "grow"


def test_what_cannot_be_suggested_is_told(desk: Desk, section: Section):
    assert suggest(desk, section, "viewer", new_text="x").status_code == 403
    assert suggest(desk, section, "stranger", new_text="x").status_code == 404
    for data, message in (
        ({"new_text": "grow"}, "instead"),
        ({"new_text": "x" * 5001}, "at most 5,000"),
        ({"new_text": "x", "reason": "y" * 1001}, "at most 1,000"),
        ({"new_text": "x", "first": "nonsense"}, "Choose some words"),
    ):
        answer = suggest(desk, section, "commenter", **data)
        assert answer.status_code == 422
        assert message in answer.content.decode()
    assert not Suggestion.objects.exists()
    suggest(desk, section, "commenter", new_text="lie")
    again = suggest(desk, section, "editor", new_text="stand", first=anchor(section, "R"))
    assert "suggested there already" in again.content.decode()
    [(_path, _tag, text)] = list(texts(body_of(section.pk)))
    assert [run for run, marks in runs(text) if marks] == ["grow", "lie"]
