"""Bytes in these tests were written by @hocuspocus/provider 4 and y-protocols."""

import pytest

from writing.text import frames
from writing.text.lib0 import varbytes, varstring, varuint

# new Y.Doc() with clientID 1 and one "a" in its text "t": encodeStateVector, encodeStateAsUpdate.
STATE_VECTOR = bytes([1, 1, 1])
UPDATE = bytes([1, 1, 1, 0, 4, 1, 1, 116, 1, 97, 0])


@pytest.mark.parametrize(
    ("data", "frame"),
    [
        (b"\x01d\x00\x00\x03" + STATE_VECTOR, frames.SyncStep1("d", STATE_VECTOR)),
        (b"\x01d\x00\x01\x0b" + UPDATE, frames.SyncStep2("d", UPDATE)),
        (b"\x01d\x00\x02\x0b" + UPDATE, frames.Update("d", UPDATE)),
        (b"\x01d\x01\x08\x01\x05\x01\x04null", frames.Awareness("d", b"\x01\x05\x01\x04null")),
        (b"\x01d\x03", frames.QueryAwareness("d")),
        (b"\x01d\x02\x00\x03abc\x064.8.11", frames.Token("d", "abc")),
        (b"\x01d\x02\x00\x00", frames.Token("d", "")),
        (b"\x01d\x05\x02{}", frames.Stateless("d", "{}")),
        (b"\x01d\x07", frames.Close("d")),
        (b"\x0a", frames.Pong()),
    ],
)
def test_reads_what_the_browser_sends(data: bytes, frame: frames.Frame) -> None:
    assert frames.decode(data) == frame


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x09",  # our own ping
        b"\x01d",  # no message type
        b"\x01d\x04",  # unknown message type
        b"\x01d\x08\x01",  # sync status is ours to send
        b"\x01d\x00\x03\x00",  # unknown sync message
        b"\x01d\x00\x02\x05ab",  # shorter than it says
        b"\x01d\x07extra",  # longer than it may be
        b"\x01d\x02\x02\x00",  # an authentication answer is ours to send
        b"\x01\xff\x03",  # a name that is not UTF-8
        b"\xff" * 30,  # a number without end
        varuint(2**60) + b"\x00",  # a name longer than memory
    ],
)
def test_refuses_everything_else(data: bytes) -> None:
    with pytest.raises(frames.FrameError):
        frames.decode(data)


def test_every_cut_and_every_flipped_bit_is_read_or_refused() -> None:
    whole = frames.update("section", UPDATE)
    broken = [whole[:cut] for cut in range(len(whole))]
    broken += [
        whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :]
        for at in range(len(whole))
        for bit in range(8)
    ]
    for data in broken:
        try:
            frames.decode(data)
        except frames.FrameError:
            continue


def test_writes_what_the_provider_reads() -> None:
    assert frames.sync_step1("d", STATE_VECTOR) == b"\x01d\x00\x00\x03" + STATE_VECTOR
    assert frames.sync_step2("d", UPDATE) == b"\x01d\x00\x01\x0b" + UPDATE
    assert frames.update("d", UPDATE) == b"\x01d\x00\x02\x0b" + UPDATE
    assert frames.awareness("d", b"\x00") == b"\x01d\x01\x01\x00"
    assert frames.authenticated("d", readonly=False) == b"\x01d\x02\x02\x0aread-write"
    assert frames.authenticated("d", readonly=True) == b"\x01d\x02\x02\x08readonly"
    assert frames.permission_denied("d", "no") == b"\x01d\x02\x01\x02no"
    assert frames.stateless("d", "{}") == b"\x01d\x05\x02{}"
    assert frames.sync_status("d", saved=True) == b"\x01d\x08\x01"
    assert frames.sync_status("d", saved=False) == b"\x01d\x08\x00"
    assert frames.close("d", "gone") == b"\x01d\x07\x04gone"
    assert frames.ping() == b"\x09"


def test_names_are_counted_in_bytes() -> None:
    assert frames.decode(frames.stateless("文", "é")) == frames.Stateless("文", "é")


def test_presence_survives_the_way_there_and_back() -> None:
    present = [
        frames.Presence(2**32 - 1, 300, {"user": {"name": "Zoë", "tone": 3}, "cursor": None}),
        frames.Presence(7, 0, None),
    ]
    assert frames.decode_awareness(frames.encode_awareness(present)) == present


@pytest.mark.parametrize("state", ["{", "[1]", "3", '"text"', "[" * 100_000])
def test_presence_that_is_no_object_is_refused(state: str) -> None:
    update = varuint(1) + varuint(7) + varuint(0) + varstring(state)
    with pytest.raises(frames.FrameError):
        frames.decode_awareness(update)


def test_presence_that_promises_more_peers_than_it_holds_is_refused() -> None:
    with pytest.raises(frames.FrameError):
        frames.decode_awareness(varuint(2**40) + varbytes(b""))
