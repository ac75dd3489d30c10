"""Fifty people type into one text while something is killed; each word is looked for afterwards.

At each kill, whatever was acknowledged by then must be in the log and in a restored backup, before
any browser can send it again; once it is quiet, everything typed must stand exactly once in every
browser, in the log and in a backup.
"""

import asyncio
import random
import re
import sqlite3
import sys
import time
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.db import connections

from bench.chaos.machine import Machine
from bench.text.dialects import Place
from bench.text.people import open_room, sign_up
from bench.text.replica import Replica
from bench.text.servers import our_place
from writing.actions.text import body_of

PEOPLE = 50
# The disk: for a moment nothing can be written, so that the database fails.
KINDS = ("web", "redis", "all", "disk")
WORDS_PER_SECOND = 3.0
LAST_KILL_SECONDS = 2.5
LONGEST_AWAY_SECONDS = 1.0
TYPES_ON_SECONDS = 0.7
QUIET_SECONDS = 40.0
# After a kill so many of the tabs are closed and opened again.
RELOADS = 0.2
WORD = re.compile(r"p\d+x\d+")


def play(rounds: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    wrong: list[str] = []
    killed: Counter[str] = Counter()
    words = returns = 0
    seconds = []
    with Machine("redis", "web") as machine:
        people, cookies = sign_up(PEOPLE)
        for number in range(1, rounds + 1):
            began = time.monotonic()
            document, section = open_room(people)
            place = our_place(settings.PORT, document, section)
            replicas = [Replica(place, cookie) for cookie in cookies]
            round_ = Round(machine, replicas, place, random.Random(chance.random()))
            found = uvloop.run(round_.play())
            wrong += [f"round {number}: {problem}" for problem in found]
            killed.update(round_.kills)
            words += sum(len(each.typed) for each in replicas)
            returns += sum(each.returns for each in replicas)
            seconds.append(time.monotonic() - began)
            said = f"{', '.join(round_.kills)}  {found or 'ok'}"
            print(f"{number:4d}  {seconds[-1]:5.1f} s  {said}", file=sys.stderr)
    return {
        "benchmark": "chaos_typing",
        "seed": seed,
        "rounds": rounds,
        "people": PEOPLE,
        "kills": dict(killed),
        "words_typed": words,
        "connections_lost": returns,
        "seconds_per_round": round(sum(seconds) / len(seconds), 1),
        "violations": wrong,
    }


class Round:
    def __init__(
        self, machine: Machine, replicas: list[Replica], place: Place, chance: random.Random
    ) -> None:
        self.machine, self.replicas, self.chance = machine, replicas, chance
        self.section = uuid.UUID(place.names[0])
        self.kills: list[str] = []
        self._is_typing = True
        self._wrong: list[str] = []

    async def play(self) -> list[str]:
        """One or two kills; gives what was wrong."""
        for replica in self.replicas:
            replica.arrive()
        typing = [
            asyncio.create_task(self._type(number, replica, random.Random(self.chance.random())))
            for number, replica in enumerate(self.replicas)
        ]
        loop = asyncio.get_running_loop()
        began = loop.time()
        plan = sorted(
            (self.chance.uniform(0.3, LAST_KILL_SECONDS), self.chance.choice(KINDS))
            for _ in range(self.chance.randint(1, 2))
        )
        for after, what in plan:
            await asyncio.sleep(began + after - loop.time())
            await self._kill(what)
        await asyncio.sleep(TYPES_ON_SECONDS)
        self._is_typing = False
        await asyncio.gather(*typing)
        await self._await_quiet()
        await asyncio.to_thread(self._check_all)
        for replica in self.replicas:
            replica.check()
            await replica.leave()
        return self._wrong

    async def _type(self, number: int, replica: Replica, chance: random.Random) -> None:
        count = 0
        while self._is_typing:
            await asyncio.sleep(chance.expovariate(WORDS_PER_SECOND))
            replica.type(f"p{number}x{count} ")
            count += 1

    async def _kill(self, what: str) -> None:
        self.kills.append(what)
        pause = self.chance.uniform(0, LONGEST_AWAY_SECONDS)
        if what == "disk":
            with self.machine.full_disk("web"):
                await asyncio.sleep(pause)
                await self._check_acknowledged(what)
        else:
            self.machine.kill(what)
            await self._check_acknowledged(what)
            for replica in self.replicas:
                if what != "redis" and self.chance.random() < RELOADS:
                    replica.reload()
            await asyncio.sleep(pause)
            self.machine.start(what)
        await asyncio.to_thread(self.machine.await_answers)

    async def _check_acknowledged(self, what: str) -> None:
        told = {word for each in self.replicas for word in set(each.typed) - each.waiting}
        for place, found in (await asyncio.to_thread(self._saved)).items():
            if lost := {word.strip() for word in told} - found.keys():
                self._wrong.append(f"acknowledged before {what}, not in {place}: {some(lost)}")

    async def _await_quiet(self) -> None:
        deadline = time.monotonic() + QUIET_SECONDS
        everything = sum(len(each.typed) for each in self.replicas)
        while time.monotonic() < deadline:
            if not any(each.waiting for each in self.replicas) and all(
                len(WORD.findall(each.read())) >= everything for each in self.replicas
            ):
                return
            await asyncio.sleep(0.2)

    def _check_all(self) -> None:
        expected = Counter(word.strip() for each in self.replicas for word in each.typed)
        for number, each in enumerate(self.replicas):
            if each.waiting:
                self._wrong.append(f"browser {number} waits for {some(each.waiting)}")
        texts = {f"browser {n}": words_of(each.read()) for n, each in enumerate(self.replicas)}
        for place, found in (texts | self._saved()).items():
            if found != expected:
                missing, more = some(expected - found), some(found - expected)
                self._wrong.append(f"{place}: missing {missing}, too often {more}")

    def _saved(self) -> dict[str, Counter[str]]:
        """What stands in the log now, and in a backup of the database made now."""
        log = words_of(str(body_of(self.section)))
        with restored_backup():
            return {"the log": log, "the backup": words_of(str(body_of(self.section)))}


@contextmanager
def restored_backup() -> Iterator[None]:
    """Copies the database as docs/deployment.md says; this thread then works with the copy."""
    original = connections["default"]
    copy = original.copy()
    copy.settings_dict["NAME"] = f"{settings.DATABASES['default']['NAME']}.backup"
    original.ensure_connection()
    with closing(sqlite3.connect(copy.settings_dict["NAME"])) as backup:
        original.connection.backup(backup)
    connections["default"] = copy
    try:
        yield
    finally:
        connections["default"] = original
        copy.close()
        Path(copy.settings_dict["NAME"]).unlink()


def some(words: Collection[str]) -> str:
    return f"{len(words)} words{f', {min(words).strip()} among them' if words else ''}"


def words_of(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))
