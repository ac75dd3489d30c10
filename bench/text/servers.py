"""Servers of shared texts to be measured: ours with all that belongs to it, and its peers."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.live_draft import shell
from bench.stack import ROOT, Stack, free_port, wait_for
from bench.text.dialects import Place

HOST = "127.0.0.1"
PEERS = ROOT / "bench" / "peers"
# With what bootstrap installed, where the system has no Node.js.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

PREPARE = """
import json
from bench.text.people import open_room, sign_up
people, cookies = sign_up({people})
print(json.dumps({{"cookies": cookies, "rooms": [open_room(people) for _ in range({documents})]}}))
"""


@dataclass(frozen=True)
class Room:
    """A text on one server, nobody in it yet, and the cookies of those who may come."""

    place: Place
    cookies: list[str]
    pids: list[int]


def our_place(port: int, document: str, section: str) -> Place:
    return Place(HOST, port, f"/ws/documents/{document}/", (section, document))


class Ours:
    """Rooms of a running stack: each is a document with one section."""

    name = "ours"

    def __init__(self, stack: Stack, *, people: int, documents: int) -> None:
        self.stack = stack
        prepared = json.loads(shell(stack, PREPARE.format(people=people, documents=documents)))
        self.cookies: list[str] = prepared["cookies"]
        self._rooms: list[list[str]] = prepared["rooms"]

    @property
    def web(self) -> psutil.Process:
        children = psutil.Process(self.stack.pid).children(recursive=True)
        return next(child for child in children if "project.web" in child.cmdline())

    def room(self) -> Room:
        document, section = self._rooms.pop()
        return Room(our_place(self.stack.port, document, section), self.cookies, [self.web.pid])


class Peer:
    """A Node.js server that keeps its texts in memory alone. Use as a context manager."""

    def __init__(self, name: str, script: str, *arguments: str) -> None:
        self.name, self.port = name, free_port()
        self._command = [str(PEERS / script), *(a.format(port=self.port) for a in arguments)]
        self._rooms = 0

    def __enter__(self) -> "Peer":
        self._process = subprocess.Popen(
            [node(), *self._command],
            env={**os.environ, "PATH": PATH, "HOST": HOST, "PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            text=True,
        )
        wait_for(f"http://{HOST}:{self.port}/", self._process, 20)
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()

    def room(self) -> Room:
        self._rooms += 1
        room = f"room{self._rooms}"
        names = (room,) if self.name == "hocuspocus" else ()
        return Room(Place(HOST, self.port, f"/{room}", names), [], [self._process.pid])


def node() -> str:
    found = shutil.which("node", path=PATH)
    if found is None:
        raise SystemExit("there is no Node.js here: make install-dev")
    return found


def peers() -> list[Peer]:
    """Hocuspocus and y-websocket, installed from the lock file if they are not here."""
    if not (PEERS / "node_modules").is_dir():
        npm = shutil.which("npm", path=PATH)
        if npm is None:
            raise SystemExit("there is no npm here: make install-dev")
        options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"]
        environment = {**os.environ, "PATH": PATH}
        subprocess.run(
            [npm, "ci", *options], cwd=PEERS, env=environment, check=True, stdout=sys.stderr
        )
    return [
        Peer("hocuspocus", "hocuspocus.mjs", "{port}"),
        Peer("y_websocket", "node_modules/y-websocket/bin/server.cjs"),
    ]
