"""An image in a text: what may be said of it, and that nothing that is done to a text loses it."""

import random

import pytest
from pycrdt import XmlElement

from tests.writing.text.shapes import shape
from tests.writing.text.test_gate import attribute, element_with
from writing.text import gate
from writing.text.changes import remove_agent_text
from writing.text.content import contents_of
from writing.text.known import Known
from writing.text.lib0 import varstring, varuint
from writing.text.markdown import append_markdown, count_words, plain_text, to_html, to_markdown
from writing.text.moving import append, delete_from, end_from, tidy
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.places import Place
from writing.text.schema import SchemaError, validate
from writing.text.sentences import split
from writing.text.tree import Parent, append_element, attributes, images, plain, size, texts
from writing.text.versions import restore

ID = "6f1c9a52-5d6e-4d55-9d0e-0f2b8a3c7e11"
FOREIGN = "https://tracker.example/pixel.png"
MARK = {"attempt": "a", "tone": 1}
AGENT = {"agent": MARK}


def put(parent: Parent, src: str = ID, alt: str = "") -> XmlElement:
    return append_element(parent, "image", {"src": src, "alt": alt, "width": 60, "height": 40})


def mixed() -> Peer:
    """Images by people among an agent's words: alone, in a quote, in a list and in a table."""
    peer = Peer(1)
    append_markdown(
        peer.body, "One. Two.\n\n> Said.\n\n- item\n- other\n\n| a |\n|---|\n| b |", AGENT
    )
    put(peer.body, alt="Alone")
    for tag in ("blockquote", "list_item", "table_cell"):
        put(next(_elements(peer.body, tag)), alt=tag)
    return peer


def _elements(parent: Parent, tag: str):
    for child in parent.children:
        if isinstance(child, XmlElement):
            if child.tag == tag:
                yield child
            yield from _elements(child, tag)


def alts(peer: Peer) -> list[str]:
    return [attributes(image)["alt"] for image in images(peer.body)]


def value(text: str) -> bytes:
    return b"\x01\x77" + varstring(text)


def overwritten(text: str) -> bytes:
    """An attribute whose name does not stand in its update: its left neighbour says it."""
    struct = b"\x88\x01" + varuint(1) + value(text)
    return b"\x01\x01\x02\x00" + struct + b"\x00"


BAD = [FOREIGN, "", ID.upper(), f"{ID}/../x", f" {ID}", "data:image/png;base64,AAAA", "//a.example"]


@pytest.mark.parametrize("src", BAD)
def test_an_image_names_no_address(src: str) -> None:
    assert gate.check(attribute("src", value(ID), 8))
    with pytest.raises(gate.GateError, match="src"):
        gate.check(attribute("src", value(src), 8))
    assert gate.check(attribute("alt", value(src), 8))
    peer = Peer(1)
    put(peer.body, src)
    with pytest.raises(SchemaError, match="src"):
        validate(peer.body)


@pytest.mark.parametrize("content", [b"\x01\x7d\x03", b"\x01\x7e", b"\x02" + value(ID)[1:] * 2])
def test_it_names_nothing_but_one_text(content: bytes) -> None:
    with pytest.raises(gate.GateError, match="src"):
        gate.check(attribute("src", content, 8))


def test_nor_does_one_that_is_changed_later() -> None:
    """The name of the attribute stands in the update that came before."""
    before = gate.check(element_with(b"\x28\x00\x01\x00" + varstring("src") + value(ID)))
    known = Known()
    known.check(before)
    known.add(before.structs)
    known.check(gate.check(overwritten(ID)))
    with pytest.raises(gate.GateError, match="src"):
        known.check(gate.check(overwritten(FOREIGN)))


def test_what_the_editor_writes_passes() -> None:
    peer = mixed()
    validate(peer.body)
    assert gate.check(peer.doc.get_update())


def test_it_is_written_with_the_address_it_is_given() -> None:
    peer = Peer(1)
    put(peer.body, alt="A reef [at\ndusk] <b>")
    assert to_markdown(peer.body, image=lambda src: f"images/{src}.webp") == (
        rf"![A reef \[at dusk\] \<b>](images/{ID}.webp)"
    )
    assert to_html(peer.body, image=lambda src: f"/{src}?a&b") == (
        f'<figure><img src="/{ID}?a&amp;b" alt="A reef [at dusk] &lt;b&gt;"></figure>'
    )


def test_without_an_address_its_description_is_left() -> None:
    peer = Peer(1)
    put(peer.body, FOREIGN, "# A reef")
    put(peer.body)
    assert to_markdown(peer.body) == "\\# A reef"
    assert to_html(peer.body) == "<p># A reef</p>"


def test_it_stands_in_cells_and_counts_no_words() -> None:
    peer = mixed()
    assert "![table\\_cell](x)" in to_markdown(peer.body, image=lambda src: "x")
    assert count_words(peer.body) == len(plain_text(peer.body).split())
    assert "Alone" not in plain_text(peer.body)


def test_agents_read_of_it_before_the_next_sentence() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "One.")
    put(peer.body, alt="A reef\n[2] at  dusk")
    put(peer.body)
    append_markdown(peer.body, "Two. Three.")
    assert [(each.text, each.images) for each in split(peer.body)] == [
        ("One.", ""),
        ("Two.", "[image: A reef [2] at dusk] [image]"),
        ("Three.", ""),
    ]


def test_a_new_draft_leaves_it_standing() -> None:
    peer = mixed()
    remove_agent_text(peer)
    validate(peer.body)
    assert sorted(alts(peer)) == ["Alone", "blockquote", "list_item", "table_cell"]
    assert not plain_text(peer.body).strip()
    pen = Pen(peer, MARK)
    pen.write("# Anew\n\nA text ![with one](https://example.org/a.png) of its own.\n\n---\n")
    pen.finish()
    validate(peer.body)
    assert sorted(alts(peer)) == ["Alone", "blockquote", "list_item", "table_cell"]


def test_rules_alone_do_not_keep_an_agents_draft() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "---\n\nOne.\n\n---", AGENT)
    remove_agent_text(peer)
    assert not len(peer.body.children)


@pytest.mark.parametrize("seed", range(20))
def test_a_section_is_split_and_joined_around_it(seed: int) -> None:
    peer = mixed()
    chance = random.Random(seed)
    path, _, text = chance.choice(list(texts(peer.body)))
    place = Place(path, size(plain(text)[: chance.randint(0, len(text))]))
    other = Peer(2)
    end, divided = end_from(peer, place)
    append(other, end)
    delete_from(peer, place)
    tidy(peer)
    for each in (peer, other):
        if len(each.body.children):
            validate(each.body)
    assert sorted(alts(peer) + alts(other)) == ["Alone", "blockquote", "list_item", "table_cell"]
    append(peer, contents_of(other.body), join=divided)
    assert sorted(alts(peer)) == ["Alone", "blockquote", "list_item", "table_cell"]
    assert plain_text(peer.body).split() == plain_text(mixed().body).split()


def test_it_comes_back_with_an_earlier_version() -> None:
    peer = mixed()
    state, before = peer.doc.get_update(), shape(peer.body)
    del peer.body.children[0 : len(peer.body.children)]
    restore(peer, state)
    assert shape(peer.body) == before
