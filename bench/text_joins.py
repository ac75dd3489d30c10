"""Coming to a text: while others write in it, and all at once to a long one.

Sixty join while three write, twenty times: whoever lacks a word once it has become quiet is
incomplete. A hundred open a section of 400 KB in one moment: how long until they have it.
"""

import asyncio
import json
import random
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from bench.live_draft import shell
from bench.stack import Stack
from bench.text.dialects import STEP_2
from bench.text.replica import Replica
from bench.text.servers import Ours, Room
from bench.text.sockets import Socket

RACES, JOINERS, WRITERS = 20, 60, 3
WRITING_SECONDS, PAUSE_SECONDS = 3.0, 0.015
QUIET_SECONDS = 10.0
CROWD, TURNS = 100, 3
TEXT_KB, MEDIAN_SECONDS = 400, 1.5
EMPTY_SECONDS = 1.0

# As people would have typed it: some hundred paragraphs, a few words in each update.
FILL = """
from pycrdt import Doc, XmlElement, XmlFragment, XmlText
from bench.fake_text import prose
from writing.actions.text import Entry, save_entries
from writing.models import Member, Section
section = Section.objects.get(pk={section!r})
owner = Member.objects.filter(document=section.document_id).order_by("pk").first().user_id
updates = []
document = Doc(client_id=7)
document.observe(lambda event: updates.append(event.update))
body = document.get("body", type=XmlFragment)
number = length = 0
while length < {kb} * 1000:
    text = XmlText("")
    body.children.append(XmlElement("paragraph", {{}}, [text]))
    for word in prose(number, 120).split():
        text.insert(len(text), word + " ")
    length += len(text)
    number += 1
save_entries([(section.pk, Entry(update, user_id=owner)) for update in updates])
print([length // 1000, len(updates)])
"""


WORD = re.compile(r"w\d+")


def is_complete(replica: Replica, words: int) -> bool:
    """Whether it has each of so many words, and none twice."""
    found = sorted(WORD.findall(replica.read()))
    return found == sorted(f"w{number}" for number in range(words))


async def race(room: Room, seed: int) -> int:
    """How many of those who came while others wrote lack something afterwards."""
    chance = random.Random(seed)
    replicas = [Replica(room.place, cookie) for cookie in room.cookies[: WRITERS + JOINERS]]
    writers, joiners = replicas[:WRITERS], replicas[WRITERS:]
    for writer in writers:
        writer.arrive()
    for writer in writers:
        await writer.is_synced.wait()
    loop = asyncio.get_running_loop()
    for joiner in joiners:
        loop.call_later(chance.uniform(0, WRITING_SECONDS), joiner.arrive)
    end, words = loop.time() + WRITING_SECONDS, 0
    while loop.time() < end:
        writers[words % WRITERS].type(f"w{words} ")
        words += 1
        await asyncio.sleep(PAUSE_SECONDS)
    deadline = loop.time() + QUIET_SECONDS
    while not all(is_complete(each, words) for each in replicas) and loop.time() < deadline:
        await asyncio.sleep(0.1)
    incomplete = sum(not is_complete(each, words) for each in replicas)
    for replica in replicas:
        replica.check()
        await replica.leave()
    return incomplete


async def crowd(room: Room) -> tuple[list[float], int]:
    """Seconds until each of a hundred has the text, and its bytes."""
    lengths: list[int] = []

    async def join(cookie: str) -> float:
        loop = asyncio.get_running_loop()
        here: asyncio.Future[int] = loop.create_future()

        def take(frame: bytes) -> None:
            read = room.place.read(frame)
            if read is not None and read[0] == STEP_2 and not here.done():
                here.set_result(len(read[1]))

        began, socket = loop.time(), Socket(take)
        await socket.open(room.place.host, room.place.port, room.place.path, cookie)
        for frame in room.place.hello():
            socket.send(frame)
        lengths.append(await asyncio.wait_for(here, QUIET_SECONDS * 6))
        took = loop.time() - began
        socket.abort()
        return took

    return await asyncio.gather(*map(join, room.cookies[:CROWD])), min(lengths)


def run() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name, Stack(Path(name), LOCAL_MODEL="none") as stack:
        ours = Ours(stack, people=CROWD, documents=RACES + 1)
        incomplete = [uvloop.run(race(ours.room(), seed)) for seed in range(RACES)]
        yield {
            "benchmark": "text_join_race",
            "races": RACES,
            "joiners": JOINERS,
            "incomplete": sum(incomplete),
            "target": 0,
        }
        room = ours.room()
        kilobytes, updates = json.loads(
            shell(stack, FILL.format(section=room.place.names[0], kb=TEXT_KB))
        )
        turns = []
        for _ in range(TURNS):
            turns.append(uvloop.run(crowd(room)))
            # The last one has left: the next crowd finds nothing loaded.
            time.sleep(EMPTY_SECONDS)
        medians = [statistics.median(seconds) for seconds, _bytes in turns]
        yield {
            "benchmark": "text_crowd",
            "joiners": CROWD,
            "text_kb": kilobytes,
            "updates_in_log": updates,
            "bytes_received": turns[0][1],
            "seconds_until_there": {
                "median": round(statistics.median(medians), 2),
                "medians_of_turns": [round(median, 2) for median in medians],
                "slowest": round(max(max(seconds) for seconds, _bytes in turns), 2),
            },
            "target_median_seconds": MEDIAN_SECONDS,
        }
