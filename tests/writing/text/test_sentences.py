import pytest

from writing.text.markdown import append_markdown
from writing.text.peer import Peer
from writing.text.sentences import split
from writing.text.tree import plain, text_at

AGENT = {"agent": {"attempt": "a", "tone": 1}}


def sentences(text: str) -> list[str]:
    peer = Peer(1)
    append_markdown(peer.body, text)
    return [sentence.text for sentence in split(peer.body)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("第一句。第二句！第三句？", ["第一句。", "第二句！", "第三句？"]),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        ("Dr. Smith met Mr. Jones. They spoke.", ["Dr. Smith met Mr. Jones.", "They spoke."]),
        ("Version 3.5 is out. Good.", ["Version 3.5 is out.", "Good."]),
        ('He said "Stop." She did.', ['He said "Stop."', "She did."]),
        ("# A title\n\nText here.", ["A title", "Text here."]),
        ("- one\n- two", ["one", "two"]),
        ("```\ncode. more.\n```\n\nProse.", ["Prose."]),
        ("| a. b. |\n|---|\n| c |\n\nProse.", ["Prose."]),
        ("", []),
    ],
)
def test_prose_is_split_into_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_offsets_are_bytes_of_the_text_the_path_leads_to() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "Grüße 😀. 世界。\n\n- Ö. Ü.")
    for number, sentence in enumerate(split(peer.body), start=1):
        text = text_at(peer.body, sentence.block)
        assert text is not None
        assert plain(text).encode()[sentence.start : sentence.end].decode() == sentence.text
        assert sentence.number == number


def test_one_typed_character_makes_a_sentence_human() -> None:
    peer = Peer(1)
    append_markdown(peer.body, "One two. Three four. Five.", AGENT)
    text = text_at(peer.body, (0, 0))
    assert text is not None
    text.insert(13, "x", {"agent": None})
    assert [sentence.human for sentence in split(peer.body)] == [False, True, False]
