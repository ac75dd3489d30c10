"""Splitting a text and putting it together again, with random texts and people who go on typing."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.writing.text.manuscripts import SAMPLE
from tests.writing.text.shapes import Shape, characters, shape
from writing.text.changes import comment_key
from writing.text.content import FILLED_BY_TEXT, contents_of, runs_in, threads_in
from writing.text.markdown import append_markdown, to_markdown
from writing.text.moving import append, delete_from, end_from, tidy
from writing.text.peer import Peer
from writing.text.places import Place, PlaceError, find_place
from writing.text.schema import validate
from writing.text.structs import Kind, parse
from writing.text.tree import plain, size, texts

AGENT = {"agent": {"attempt": "a", "tone": 1}}
COMMENT = {comment_key("t"): {"thread": "t"}}


def manuscript(seed: int) -> Peer:
    """Everything the schema knows, by an agent and people, with threads across it."""
    chance = random.Random(seed)
    peer = Peer(1)
    for block in chance.sample(SAMPLE.split("\n\n"), k=chance.randint(1, 9)):
        append_markdown(peer.body, block, chance.choice([{}, AGENT]))
    for _, tag, text in list(texts(peer.body)):
        whole = plain(text)
        if whole and tag != "code_block" and chance.random() < 0.4:
            start, end = sorted(chance.choices(range(len(whole) + 1), k=2))
            text.format(size(whole[:start]), size(whole[:end]), COMMENT)
    peer.take()
    return peer


def places(peer: Peer) -> list[Place]:
    found = [Place(())]
    for path, _, text in texts(peer.body):
        whole = plain(text)
        found += [Place(path, size(whole[:at])) for at in range(len(whole) + 1)]
    return found


def has_blanks(shapes: Shape) -> bool:
    """Whether there is an empty block, which nobody can tell from one that moving left."""
    return any(
        tag in FILLED_BY_TEXT and (not held or has_blanks(held))
        for tag, _, held in shapes
        if tag is not None
    )


def marked(*peers: Peer) -> list[tuple[str, str]]:
    """Every character with its marks, in order."""
    return [
        (character, json.dumps(marks, sort_keys=True))
        for peer in peers
        for run, marks in runs_in(contents_of(peer.body))
        for character in run
    ]


@settings(max_examples=120)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_no_character_and_no_mark_is_lost_or_doubled(seed: int, chance: random.Random) -> None:
    source, target = manuscript(seed), Peer(2)
    before, whole = marked(source), shape(source.body)
    place = chance.choice(places(source))
    contents, divided = end_from(source, place)
    append(target, contents)
    delete_from(source, place)
    tidy(source)
    assert marked(source, target) == before
    validate(source.body)
    validate(target.body)
    append(source, contents_of(target.body), join=divided)
    assert marked(source) == before
    validate(source.body)
    if not has_blanks(whole):
        assert shape(source.body) == whole


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_what_others_type_meanwhile_stays(seed: int, chance: random.Random) -> None:
    source, target = manuscript(seed), Peer(2)
    before = characters(source.body)
    other = Peer(3, [source.state()])
    prose = [text for path, tag, text in texts(other.body) if len(path) == 2 and len(text)]
    typed = ""
    for number, text in enumerate(prose):
        at = size(plain(text)[: chance.randint(0, len(plain(text)))])
        text.insert(at, sign := chr(0x2460 + number))
        typed += sign
    contents, _ = end_from(source, place := chance.choice(places(source)))
    append(target, contents)
    delete_from(source, place)
    if update := other.take():
        source.pull([update])
    tidy(source)
    together = characters(source.body) + characters(target.body)
    assert "".join(sign for sign in together if sign in typed) == typed
    rest = "".join(sign for sign in together if sign not in typed)
    assert sorted(rest) == sorted(before)


def test_a_list_is_divided_between_its_items_and_put_together_again() -> None:
    source, target = Peer(1), Peer(2)
    append_markdown(source.body, "- one\n- two and more\n- three")
    whole = shape(source.body)
    contents, divided = end_from(source, place := Place((0, 1, 0, 0), len("two ")))
    append(target, contents)
    delete_from(source, place)
    assert divided == 3
    assert to_markdown(target.body).strip() == "- and more\n- three"
    tidy(source)
    assert to_markdown(source.body).split() == ["-", "one", "-", "two"]
    append(source, contents_of(target.body), join=divided)
    assert shape(source.body) == whole


def test_a_table_is_moved_whole() -> None:
    source = Peer(1)
    append_markdown(source.body, "Before.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter.")
    cell = next(path for path, _, text in texts(source.body) if plain(text) == "2")
    contents, divided = end_from(source, place := Place(cell, 1))
    delete_from(source, place)
    tidy(source)
    assert not divided
    assert characters(source.body) == "Before."
    assert "".join(run for run, _ in runs_in(contents)) == "ab12After."


def test_threads_are_known_by_their_marks() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "one two")
    next(texts(peer.body))[2].format(0, 3, COMMENT)
    assert threads_in(contents_of(peer.body)) == {"t"}


def test_every_character_is_found_where_it_stands() -> None:
    """Also after others have typed and deleted around it."""
    peer = Peer(1)
    append_markdown(peer.body, "héllo 😀 wörld\n\n- 你好 **bold** x\n\nend")
    other = Peer(2, [peer.state()])
    for _, _, text in list(texts(other.body)):
        text.insert(2 if plain(text)[:1] != "你" else 3, "ß😀")
        del text[0 : size(plain(text)[0])]
    peer.pull([other.take() or b""])
    deleted = parse(peer.state()).deleted
    found = []
    for struct in parse(peer.state()).structs:
        if struct.kind is not Kind.STRING:
            continue
        clock = struct.clock
        for character in struct.text:
            item = {"client": struct.client, "clock": clock}
            place = find_place(peer, json.dumps({"type": None, "item": item, "assoc": 0}))
            ranges = deleted.get(struct.client, [])
            if any(first <= clock < first + count for first, count in ranges):
                assert place is None
            else:
                assert place is not None
                text = next(text for path, _, text in texts(peer.body) if path == place.path)
                assert plain(text).encode()[place.offset :].decode().startswith(character)
                found.append((place.path, place.offset))
            clock += len(character.encode("utf-16-le")) // 2
    assert len(set(found)) == len(found) == len(characters(peer.body))


@pytest.mark.parametrize(
    "position",
    [
        "",
        "[]",
        "{}",
        '{"item": 1}',
        '{"item": {"client": true, "clock": 0}}',
        '{"item": {"client": 1, "clock": -1}}',
        '{"item": {"client": 1e400, "clock": 1}}',
        '{"tname": "other"}',
        '{"tname": "body"' + " " * 500 + "}",
    ],
)
def test_what_is_no_position_is_refused(position: str) -> None:
    with pytest.raises(PlaceError):
        find_place(Peer(1), position)


def test_what_is_not_known_or_deleted_is_nowhere() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "a😀b")
    for item in ({"client": 9, "clock": 0}, {"client": 1, "clock": 99}, {"client": 1, "clock": 4}):
        assert find_place(peer, json.dumps({"item": item})) is None
    del peer.body.children[0]
    assert find_place(peer, json.dumps({"item": {"client": 1, "clock": 2}})) is None
    assert find_place(peer, json.dumps({"tname": "body"})) == Place(())
