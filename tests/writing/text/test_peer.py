from pycrdt import XmlElement, XmlText

from writing.text.peer import Peer


def paragraph(peer: Peer, text: str) -> None:
    with peer.doc.transaction():
        peer.body.children.append(XmlElement("paragraph", {}, [XmlText(text)]))


def test_what_one_peer_takes_another_can_pull() -> None:
    writer, reader = Peer(1), Peer(2)
    paragraph(writer, "One.")
    paragraph(writer, "Two.")
    update = writer.take()
    assert update is not None
    reader.pull([update])
    assert str(reader.body) == str(writer.body)
    assert "One." in str(reader.body)


def test_nothing_written_is_nothing_to_take() -> None:
    writer = Peer(1)
    assert writer.take() is None
    paragraph(writer, "One.")
    assert writer.take() is not None
    assert writer.take() is None


def test_what_was_pulled_is_not_taken() -> None:
    writer = Peer(1)
    paragraph(writer, "One.")
    update = writer.take()
    assert update is not None
    other = Peer(2, [update])
    assert other.take() is None
    other.pull([update])
    assert other.take() is None


def test_updates_may_come_twice_and_out_of_order() -> None:
    writer = Peer(1)
    updates = []
    for text in ("One.", "Two.", "Three."):
        paragraph(writer, text)
        updates.append(writer.take() or b"")
    reader = Peer(2, reversed(updates))
    reader.pull(updates)
    assert str(reader.body) == str(writer.body)


def test_the_cursor_stands_after_the_last_thing_written() -> None:
    writer = Peer(7)
    assert writer.cursor() is None
    paragraph(writer, "héé")
    position = {
        "type": None,
        "tname": None,
        # The paragraph, its text, and three characters.
        "item": {"client": 7, "clock": 4},
        "assoc": -1,
    }
    assert writer.cursor() == {"anchor": position, "head": position}


def test_a_text_that_somebody_deletes_can_still_be_held() -> None:
    writer = Peer(1)
    paragraph(writer, "One.")
    held = writer.body.children[0]
    other = Peer(2, [writer.take() or b""])
    del other.body.children[0]
    writer.pull([other.take() or b""])
    assert "One." not in str(held)
    assert len(writer.body.children) == 0
