"""`make fuzz`: twenty peers, ten of them real Yjs, edit sections at random through the real server
(Daphne, Redis, SQLite), over a network that shuffles, repeats and drops; in between the server is
killed and the log compacted. At every checkpoint all replicas and the log must read the same. Then
malformed updates. One JSON object; exit status 1 if anything is wrong.

Seeded: the same edits at the same peers in the same order; when they arrive depends on the machine.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import django
import uvloop

from bench.stack import ROOT, free_port

PEERS = 20
OPERATIONS_PER_SECTION = 50_000
OPERATIONS_PER_CHECKPOINT = 10_000
MOST_OPERATIONS_AT_ONCE = 40
MOST_BLOCKS = 60
# So often an edit is followed by this.
GOES, KILLED, COMPACTED = 0.01, 0.001, 0.005
AWAY_EDITS = 60
MOST_UNSAVED = 100
QUIET_SECONDS = 60.0
LEGAL_KEPT = 500
MEMORY_MB = 50


@dataclass
class Fuzz:
    operations: int
    seed: int
    machine: Any
    people: list[Any]
    cookies: list[str]
    wrong: list[str] = field(default_factory=list)
    done: int = 0
    edits: int = 0
    kills: int = 0
    compacted: int = 0
    checkpoints: int = 0
    other_marks: int = 0
    returns: int = 0
    state: bytes = b""
    legal: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def play(self) -> None:
        from bench.fuzz.texts import Yjs

        async with Yjs() as yjs:
            while self.done < self.operations and not self.wrong:
                await self._section(yjs, min(self.operations, self.done + OPERATIONS_PER_SECTION))

    async def _section(self, yjs: Any, end: int) -> None:
        from django.conf import settings

        from bench.fuzz.peers import Peer
        from bench.fuzz.texts import PycrdtText, YjsText
        from bench.text.people import open_room
        from bench.text.servers import our_place

        document, section = await asyncio.to_thread(open_room, self.people)
        place = our_place(settings.PORT, document, section)
        peers = [
            Peer(
                YjsText(yjs, number) if number % 2 else PycrdtText(),
                place,
                cookie,
                random.Random(self.chance.random()),
                shuffled=bool(number % 2),
            )
            for number, cookie in enumerate(self.cookies)
        ]
        async with AsyncExitStack() as present:
            for peer in peers:
                present.push_async_callback(peer.leave)
                await peer.arrive()
            while self.done < end and not self.wrong:
                next_check = min(end, self.done + OPERATIONS_PER_CHECKPOINT)
                await self._edit(peers, uuid.UUID(section), next_check)
                await self._check(peers, uuid.UUID(section))
        self.returns += sum(peer.returns for peer in peers)

    async def _edit(self, peers: list[Any], section: uuid.UUID, end: int) -> None:
        """Edits until so many operations are done, and whatever may happen meanwhile."""
        away: list[tuple[int, Any]] = []
        while self.done < end:
            for peer in peers:
                peer.check()
            operations = min(end - self.done, self.chance.randint(1, MOST_OPERATIONS_AT_ONCE))
            await self.chance.choice(peers).edit(operations, MOST_BLOCKS)
            self.done += operations
            self.edits += 1
            if self.chance.random() < GOES:
                peer = self.chance.choice(peers)
                peer.go()
                away.append((self.edits + self.chance.randint(1, AWAY_EDITS), peer))
            for back in [one for one in away if one[0] <= self.edits]:
                away.remove(back)
                back[1].come()
            if self.chance.random() < KILLED:
                await self._kill()
            if self.chance.random() < COMPACTED:
                self.compacted += await asyncio.to_thread(self._compact, section)
            while sum(peer.unsaved for peer in peers) > MOST_UNSAVED:
                await asyncio.sleep(0.001)
        for _edits, peer in away:
            peer.come()

    def _compact(self, section: uuid.UUID) -> int:
        from writing.actions.compaction import compact_log

        return compact_log(section)

    async def _kill(self) -> None:
        what = self.chance.choice(("web", "web", "redis", "all"))
        self.machine.kill(what)
        self.machine.start(what)
        await asyncio.to_thread(self.machine.await_answers)
        self.kills += 1

    async def _check(self, peers: list[Any], section: uuid.UUID) -> None:
        """Waits until all is quiet; then everybody must read the same. That takes as long as the
        machine is slow, so what counts is how long nothing has changed."""
        from bench.fuzz.texts import without_marks

        before: list[str] = []
        deadline = 0.0
        while True:
            for peer in peers:
                peer.check()
                await peer.settle()
            texts = [await peer.text.read() for peer in peers]
            log = await asyncio.to_thread(self._replay, section)
            different = [
                number
                for number, text in enumerate(texts)
                # Of marks that contradict one another Yjs keeps others than pycrdt.
                if (without_marks(text) != without_marks(log) if number % 2 else text != log)
            ]
            waiting = [n for n, p in enumerate(peers) if p.unsaved or not p.is_synced.is_set()]
            if not different and not waiting:
                break
            if (now := [*texts, log]) != before:
                before, deadline = now, time.monotonic() + QUIET_SECONDS
            if time.monotonic() > deadline:
                self.wrong.append(
                    f"after {self.done} operations in section {section} of seed {self.seed}: "
                    f"peers that differ from the log {different}, that wait {waiting}"
                )
                return
            await asyncio.sleep(0.1)
        self.checkpoints += 1
        self.other_marks += any(text != log for text in texts)
        print(f"{self.done:9d} operations  {len(log):7d} characters  ok", file=sys.stderr)

    def _replay(self, section: uuid.UUID) -> str:
        from bench.fuzz.texts import canonical
        from writing.actions.text import body_of, load_updates
        from writing.text import peer

        updates = load_updates(section)[1]
        # The first may be a snapshot: what all others go on from.
        legal = updates[1:][-LEGAL_KEPT:]
        if len(legal) > len(self.legal):
            self.legal = legal
            self.state = peer.Peer(1, updates[: -len(legal)]).state()
        return canonical(body_of(section))


def malformed(state: bytes, legal: list[bytes], count: int, seed: int) -> dict[str, Any]:
    """What the process that tries them says; its status too, if it died."""
    updates = [update.hex() for update in legal]
    order = {"state": state.hex(), "legal": updates, "count": count, "seed": seed}
    done = subprocess.run(
        [sys.executable, "-m", "bench.fuzz.malformed"],
        input=json.dumps(order),
        cwd=ROOT,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout) if done.returncode == 0 else {"died_with": done.returncode}


def fuzz(operations: int, updates: int, seed: int) -> dict[str, Any]:
    from bench.chaos.machine import Machine
    from bench.text.people import sign_up

    began = time.monotonic()
    people, cookies = sign_up(PEERS)
    with Machine("redis", "web") as machine:
        run = Fuzz(operations, seed, machine, people, cookies)
        uvloop.run(run.play())
    tried = malformed(run.state, run.legal, updates, seed)
    if "died_with" in tried:
        run.wrong.append(f"malformed updates ended the process with {tried['died_with']}")
    elif tried["memory_grew_mb"] > MEMORY_MB:
        run.wrong.append(f"malformed updates took {tried['memory_grew_mb']} MB")
    elif tried["passed_but_not_applied"]:
        run.wrong.append("updates were let in that a text cannot take")
    return {
        "benchmark": "fuzz",
        "seed": seed,
        "operations": run.done,
        "updates": run.edits,
        "peers": {"yjs": PEERS // 2, "pycrdt": PEERS - PEERS // 2},
        "connections_lost": run.returns,
        "kills": run.kills,
        "updates_compacted": run.compacted,
        "checkpoints": run.checkpoints,
        "checkpoints_with_other_marks_in_yjs": run.other_marks,
        "malformed": tried,
        "seconds": round(time.monotonic() - began),
        "violations": run.wrong,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--malformed", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ.pop("DATABASE_URL", None)
        os.environ.pop("REDIS_URL", None)
        settings = {"DJANGO_SETTINGS_MODULE": "project.settings", "LOCAL_MODEL": "none"}
        os.environ.update(settings, DATA_DIR=name, PORT=str(free_port()))
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = fuzz(options.operations, options.malformed, options.seed)
    print(json.dumps(result))
    sys.exit(bool(result["violations"]))


if __name__ == "__main__":
    main()
