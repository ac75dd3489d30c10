"""One text, many clients: how long until others see an edit, and until it is saved.

Ours (Daphne, Redis, SQLite, real people with sessions; saved, then shown) beside Hocuspocus and
y-websocket, which keep texts in memory: the same clients on the same machine, taking turns.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.live_draft import percentile
from bench.stack import ROOT, Stack
from bench.text.load import Load
from bench.text.servers import Ours, Peer, Room, peers

WARM_SECONDS, SECONDS, TURNS = 2.0, 6.0, 3
# Clients, writers among them, updates a second of each.
BESIDE_PEERS = ((100, 1, 20.0), (25, 10, 10.0))
MANY_WRITERS = 100
SWEEP = (100, 150, 200, 250, 300, 350, 400, 450, 500)
SAVED_P99_MS, MANY_P99_MS, SWEEP_P99_MS = 50, 100, 250
# Above this the clients may be what is slow.
SATURATED = 0.85


@dataclass(frozen=True)
class Seen:
    """What the clients of one turn saw."""

    late_ms: list[float]
    saved_ms: list[float]
    sent: int
    expected: int
    closed_by_server: list[int]
    server_cpu: float
    load_cpu: float
    server_mb: int

    @property
    def p99_ms(self) -> float:
        return percentile(self.late_ms, 0.99) if self.late_ms else float("inf")


def measure(room: Room, clients: int, writers: int, rate: float) -> Seen:
    place = room.place
    load = Load(
        host=place.host,
        port=place.port,
        path=place.path,
        names=list(place.names),
        clients=clients,
        writers=writers,
        rate=rate,
        warm_seconds=WARM_SECONDS,
        seconds=SECONDS,
        pids=room.pids,
        cookies=room.cookies[:clients],
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.text.load"],
        input=json.dumps(asdict(load)),
        cwd=ROOT,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
    )
    return Seen(**json.loads(done.stdout))


def summary(turns: list[Seen], *, saves: bool) -> dict[str, Any]:
    """Medians of the turns; what was delivered is of all of them."""

    def median(values: list[list[float]], share: float) -> float:
        return round(statistics.median(percentile(each, share) for each in values), 1)

    late = [seen.late_ms for seen in turns]
    result: dict[str, Any] = {
        "fan_out_ms": {
            "p50": median(late, 0.5),
            "p99": median(late, 0.99),
            "p99_of_turns": [round(seen.p99_ms, 1) for seen in turns],
        },
        "delivered": sum(map(len, late)),
        "expected": sum(seen.expected for seen in turns),
        "closed_by_server": [code for seen in turns for code in seen.closed_by_server],
        "server_cpu_share_of_a_core": statistics.median(seen.server_cpu for seen in turns),
        "server_mb": max(seen.server_mb for seen in turns),
        "load_cpu_share_of_a_core": max(seen.load_cpu for seen in turns),
    }
    if result["load_cpu_share_of_a_core"] > SATURATED:
        result["load_saturated"] = True
    if saves:
        saved = [seen.saved_ms for seen in turns]
        result["saved_ms"] = {"p50": median(saved, 0.5), "p99": median(saved, 0.99)}
    return result


def case(
    servers: list[Ours | Peer], clients: int, writers: int, rate: float, targets: dict[str, Any]
) -> dict[str, Any]:
    before = os.getloadavg()[0]
    turns: dict[str, list[Seen]] = {server.name: [] for server in servers}
    for _ in range(TURNS):
        for server in servers:
            turns[server.name].append(measure(server.room(), clients, writers, rate))
    return {
        "benchmark": "text_load",
        "clients": clients,
        "writers": writers,
        "updates_per_second_of_each": rate,
        "seconds": SECONDS,
        "turns": TURNS,
        "load_average_before": round(before, 1),
        **{name: summary(seen, saves=name == Ours.name) for name, seen in turns.items()},
        "targets": targets,
    }


def sweep(ours: Ours) -> dict[str, Any]:
    """Ever more writers, once a second each, until others wait too long."""
    steps, most = [], 0
    for writers in SWEEP:
        seen = measure(ours.room(), writers, writers, 1.0)
        steps.append({"writers": writers, **summary([seen], saves=True)})
        if seen.p99_ms > SWEEP_P99_MS or seen.closed_by_server:
            break
        most = writers
    return {
        "benchmark": "text_load_sweep",
        "updates_per_second_of_each": 1.0,
        "p99_limit_ms": SWEEP_P99_MS,
        "most_writers_within": most,
        "passes_at": None if most == SWEEP[-1] else steps[-1]["writers"],
        "steps": steps,
    }


def run() -> Iterator[dict[str, Any]]:
    rooms = TURNS * (len(BESIDE_PEERS) + 1) + len(SWEEP)
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        stack = running.enter_context(Stack(Path(name), LOCAL_MODEL="none"))
        others = [running.enter_context(peer) for peer in peers()]
        ours = Ours(stack, people=max(SWEEP), documents=rooms)
        for clients, writers, rate in BESIDE_PEERS:
            targets = {"fan_out_p99_ms": "hocuspocus", "saved_p99_ms": SAVED_P99_MS}
            yield case([ours, *others], clients, writers, rate, targets)
        targets = {"fan_out_p99_ms": MANY_P99_MS, "saved_p99_ms": SAVED_P99_MS}
        yield case([ours, *others], MANY_WRITERS, MANY_WRITERS, 1.0, targets)
        yield sweep(ours)
