"""Comments of people: the server finds the words in the text and marks them."""

import json
import random

import pytest
from django.db import transaction
from django.urls import reverse
from pycrdt import XmlElement, XmlText

from tests.writing.conftest import IN_DIALOG, Desk
from writing.actions.text import append_update, body_of, claim_client, load_updates
from writing.models import Peer, Section, Thread, Update
from writing.text.peer import Peer as Copy
from writing.text.schema import validate
from writing.text.structs import Kind, parse
from writing.text.tree import runs, texts

TEXT = ["Héllo 你好 😀 wörld.", "A polyp lays down stone."]


def edit(section: Section, change) -> None:
    """As somebody's browser would."""
    copy = Copy(random.randrange(1, 2**31), load_updates(section.pk)[1])
    change(copy.body)
    update = copy.take()
    assert update
    user = section.document.created_by
    assert claim_client(section.pk, copy.client_id, user_id=user.pk)
    with transaction.atomic():
        append_update(section.pk, update, user_id=user.pk)


@pytest.fixture
def section(desk: Desk) -> Section:
    section = desk.sections[0]

    def write(body) -> None:
        quoted = XmlElement("blockquote", {}, [XmlElement("paragraph", {}, [XmlText(TEXT[1])])])
        body.children.append(XmlElement("paragraph", {}, [XmlText(TEXT[0])]))
        body.children.append(quoted)

    edit(section, write)
    return section


def anchor(section: Section, character: str) -> str:
    """The position of a character as y-prosemirror gives it."""
    copy = Copy(1, load_updates(section.pk)[1])
    for struct in parse(copy.state()).structs:
        if struct.kind is Kind.STRING and character in struct.text:
            before = struct.text[: struct.text.index(character)]
            clock = struct.clock + len(before.encode("utf-16-le")) // 2
            return json.dumps({"type": None, "item": {"client": struct.client, "clock": clock}})
    raise AssertionError(character)


def comment(desk: Desk, section: Section, person: str, first: str, last: str, body="Why?"):
    return desk.client(person).post(
        reverse("writing:comment", args=[section.pk]),
        {"first": first, "last": last, "body": body, "quote": "words"},
        headers=IN_DIALOG,
    )


def marked(section: Section, thread: Thread) -> list[str]:
    return [
        run
        for _path, _tag, text in texts(body_of(section.pk))
        for run, marks in runs(text)
        if any(value.get("thread") == str(thread.pk) for value in marks.values())
    ]


@pytest.mark.parametrize("person", ["commenter", "editor", "owner"])
@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("你", "w", ["你好 😀 w"]),
        ("😀", "😀", ["😀"]),
        ("H", ".", [TEXT[0]]),
        ("w", "p", ["wörld.", "A p"]),
    ],
)
def test_the_words_are_marked_and_the_thread_says_which(
    desk: Desk, section: Section, person, first, last, words
):
    answer = comment(desk, section, person, anchor(section, first), anchor(section, last))
    assert answer.status_code == 200
    assert "close-dialog" in answer["HX-Trigger-After-Swap"]
    thread = Thread.objects.get(section=section)
    assert marked(section, thread) == words
    assert thread.quote == "\n".join(words)
    said = thread.comments.get()
    assert (said.body, said.user) == ("Why?", desk.people[person])
    validate(body_of(section.pk))
    newest = Update.objects.filter(section=section).latest("seq")
    assert newest.user == desk.people[person]
    [writer] = {struct.client for struct in parse(bytes(newest.data)).structs}
    assert Peer.objects.get(section=section, client_id=writer).user == desk.people[person]


def test_the_words_are_found_where_they_have_moved_to(desk: Desk, section: Section):
    first, last = anchor(section, "p"), anchor(section, "t")
    edit(section, lambda body: body.children.insert(0, XmlElement("paragraph", {}, [XmlText("x")])))
    edit(section, lambda body: body.children[2].children[0].children[0].insert(0, "Well: "))
    assert comment(desk, section, "commenter", first, last).status_code == 200
    thread = Thread.objects.get(section=section)
    assert marked(section, thread) == ["polyp lays down st"]


def remove_end(section: Section) -> None:
    edit(section, lambda body: body.children[1].children[0].children[0].__delitem__(slice(2, 24)))


def test_words_that_are_gone_are_told_and_the_comment_stays(desk: Desk, section: Section):
    first, last = anchor(section, "p"), anchor(section, "t")
    remove_end(section)
    answer = comment(desk, section, "commenter", first, last, body="A long thought.")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "no longer there" in page
    assert "A long thought." in page
    assert not Thread.objects.filter(section=section).exists()
    assert Update.objects.filter(section=section).count() == 2


@pytest.mark.parametrize(
    "named",
    [
        "",
        "nonsense",
        "[]",
        '{"item": null}',
        '{"item": {"client": "1", "clock": 0}}',
        '{"item": {"client": 1, "clock": true}}',
        '{"item": {"client": -1, "clock": -1}}',
        '{"item": {"client": 1e999, "clock": 0}}',
        '{"item": {"client": 123456789012345678901234567890, "clock": 99999999999999999999}}',
    ],
)
def test_what_names_no_character_is_refused(desk: Desk, section: Section, named: str):
    for first, last in ((named, anchor(section, "t")), (anchor(section, "H"), named)):
        assert comment(desk, section, "commenter", first, last).status_code == 422
    assert not Thread.objects.filter(section=section).exists()


def test_what_is_no_character_or_in_the_wrong_order_is_refused(desk: Desk, section: Section):
    item = json.loads(anchor(section, "H"))["item"]
    element = json.dumps({"item": {**item, "clock": 0}})
    for first, last in ((element, element), (anchor(section, "w"), anchor(section, "H"))):
        assert comment(desk, section, "commenter", first, last).status_code == 422


def test_an_empty_comment_and_a_viewer_are_refused(desk: Desk, section: Section):
    anchors = anchor(section, "H"), anchor(section, "w")
    assert comment(desk, section, "commenter", *anchors, body=" ").status_code == 422
    assert comment(desk, section, "viewer", *anchors).status_code == 403
    assert not Thread.objects.filter(section=section).exists()


def test_the_form_shows_the_words_it_is_about(desk: Desk, section: Section):
    address = reverse("writing:comment", args=[section.pk])
    query = {"first": anchor(section, "H"), "last": anchor(section, "w"), "quote": "<b>Héllo"}
    page = desk.client("commenter").get(address, query, headers=IN_DIALOG).content.decode()
    assert "&lt;b&gt;Héllo" in page
    assert "&quot;clock&quot;" in page
