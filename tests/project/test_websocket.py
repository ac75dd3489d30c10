"""Frames to a browser that reads slowly, through real sockets."""

import socket
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from autobahn.websocket.protocol import TrafficStats
from twisted.internet.tcp import Connection

from project import websocket
from project.websocket import PromptProtocol, PromptServer
from writing import consumers


class Writers:
    """Of a reactor, whom it is to call when there is room for more."""

    def __init__(self) -> None:
        self.waiting: set[Connection] = set()

    def addWriter(self, writer: Connection) -> None:  # noqa: N802
        self.waiting.add(writer)

    def removeWriter(self, writer: Connection) -> None:  # noqa: N802
        self.waiting.discard(writer)

    def removeReader(self, reader: Connection) -> None:  # noqa: N802
        pass


Ends = tuple[PromptProtocol, socket.socket, Writers]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """An open protocol, the browser's end of its socket, and the reactor's part."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    writers = Writers()
    protocol = PromptProtocol()
    reactor: Any = writers  # the part of it that is used
    protocol.transport = Connection(ours, protocol, reactor)
    protocol.transport.connected = True
    protocol.state = PromptProtocol.STATE_OPEN
    protocol.send_queue = deque()
    protocol.trafficStats = TrafficStats()
    protocol._perMessageCompress = None
    with ours, theirs:
        yield protocol, theirs, writers


def test_a_frame_goes_out_at_once(ends: Ends) -> None:
    protocol, browser, writers = ends
    protocol.sendData(b"an edit")
    assert browser.recv(100) == b"an edit"
    assert not writers.waiting


def test_what_a_slow_browser_does_not_take_follows_in_order(ends: Ends) -> None:
    protocol, browser, writers = ends
    sent = [bytes([number]) * 10_000 for number in range(200)]
    for data in sent:
        protocol.sendData(data)
    assert writers.waiting
    received = bytearray()
    while writers.waiting:
        received += browser.recv(1_000_000)
        assert protocol.transport.doWrite() is None
    received += browser.recv(1_000_000)
    assert received == b"".join(sent)
    protocol.sendData(b"and then")
    assert browser.recv(100) == b"and then"


def test_a_browser_that_has_gone_is_left_to_twisted(ends: Ends) -> None:
    protocol, browser, writers = ends
    browser.close()
    protocol.sendData(b"nobody reads this")
    assert writers.waiting
    assert isinstance(protocol.transport.doWrite(), Exception)


def test_a_message_goes_out_in_its_frame_while_the_connection_is_open(ends: Ends) -> None:
    protocol, browser, _writers = ends
    long = bytes(70_000)
    for message in (b"an edit", b"an edit", long):
        protocol.send_now(message)
    frames = b"\x82\x07an edit" * 2 + b"\x82\x7f" + len(long).to_bytes(8, "big") + long
    received = b""
    while len(received) < len(frames):
        received += browser.recv(100_000)
    assert received == frames
    protocol.state = PromptProtocol.STATE_CLOSING
    protocol.send_now(b"too late")
    with pytest.raises(BlockingIOError):
        browser.recv(100)


async def test_the_consumer_finds_the_way_to_send_now_in_its_scope(ends: Ends) -> None:
    scopes: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], **_: object) -> None:
        scopes.append(scope)

    server = PromptServer(application, endpoints=["tcp:0"])
    protocol, browser, _writers = ends
    server.connections = {protocol: {}}
    server.create_application(protocol, {"type": "websocket"})
    await server.connections[protocol]["application_instance"]
    scopes[0]["extensions"][consumers.SEND_NOW](b"an edit")
    assert browser.recv(100) == b"\x82\x07an edit"
    assert consumers.SEND_NOW == websocket.SEND_NOW
