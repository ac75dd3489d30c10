"""Where the browsers show the pen."""

from tests.writing.text.person import agent_client_id
from tests.writing.text.test_pen import MARK
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.tree import texts


def test_the_cursor_stays_the_same_for_a_block_until_somebody_writes_behind_it() -> None:
    peer = Peer(agent_client_id())
    pen = Pen(peer, MARK)
    assert pen.cursor() is None
    cursors = []
    for piece in ("One ", "two", " three.\n\n", "Four ", "five"):
        pen.write(piece)
        pen.flush()
        cursors.append(pen.cursor())
    first, *_, last = cursors
    assert first is not None
    assert last is not None
    assert first["head"]["item"] is None
    assert cursors == [first, first, first, last, last]
    assert first != last
    person = Peer(7, [peer.take() or b""])
    [*_, (_, _, text)] = texts(person.body)
    text.insert(len(text), " Mine.")
    peer.pull([person.take() or b""])
    pen.write(" six")
    pen.flush()
    behind = pen.cursor()
    assert behind is not None
    assert behind["head"]["item"]["client"] == peer.client_id
