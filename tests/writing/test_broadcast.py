import asyncio
import random

from pycrdt import Doc, Text

from writing.broadcast import Broadcast


class Receivers:
    """Notes what it is sent, and takes its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.sent: list[tuple[str, bytes, object]] = []
        self._seconds = seconds

    async def send(self, name: str, update: bytes, but: object) -> None:
        await asyncio.sleep(self._seconds)
        self.sent.append((name, update, but))

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.sent) < count:
                await asyncio.sleep(0)


def written_by(client_id: int, words: str) -> bytes:
    document: Doc[Text] = Doc(client_id=client_id)
    document.get("text", type=Text).insert(0, words)
    return document.get_update()


def read(updates: list[bytes]) -> str:
    document: Doc[Text] = Doc()
    for update in updates:
        document.apply_update(update)
    return str(document.get("text", type=Text))


async def test_a_single_update_is_shown_as_it_is_to_everybody_but_its_author():
    receivers = Receivers()
    broadcast: Broadcast[str] = Broadcast(receivers.send)
    update = written_by(1, "reef")
    broadcast.add("walls", update, "ana")
    await receivers.until(1)
    assert receivers.sent == [("walls", update, "ana")]


async def test_what_comes_while_others_are_shown_something_is_shown_together_and_complete():
    receivers = Receivers(seconds=0.02)
    broadcast: Broadcast[str] = Broadcast(receivers.send)
    updates = [written_by(number + 1, f"<{number}>") for number in range(30)]
    random.Random(7).shuffle(updates)
    broadcast.add("walls", updates[0], "ana")
    await asyncio.sleep(0)
    for number, update in enumerate(updates[1:]):
        broadcast.add("walls", update, "bo" if number % 2 else "cy")
    broadcast.add("roofs", written_by(50, "tiles"), "bo")
    await receivers.until(3)
    assert [(name, but) for name, _update, but in receivers.sent] == [
        ("walls", "ana"),
        ("walls", None),
        ("roofs", "bo"),
    ]
    shown = read([update for name, update, _but in receivers.sent if name == "walls"])
    assert shown == read(updates)
    assert len(shown) == sum(len(f"<{number}>") for number in range(30))
