"""The supervisor with real processes: what a person sees who starts, stops and kills it."""

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.project.test_processes import wait_for

SECONDS_TO_START = 60
DIRECT = [sys.executable, "manage.py", "up"]
# A shell in between, as `make` is: it waits, and ends with whatever it started.
TIED = ["sh", "-c", f"{sys.executable} manage.py up --tied; exit $?"]


class Up:
    """One start, its output and the processes it has begun."""

    def __init__(self, command: list[str], environment: dict[str, str], output: Path) -> None:
        self.output = output
        self.port = int(environment["PORT"])
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=environment, stdout=file, stderr=file
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        wait_for(
            lambda: "ready at" in self.said() or self.process.poll() is not None, SECONDS_TO_START
        )
        assert self.process.poll() is None, self.said()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, word: str) -> psutil.Process:
        (found,) = [child for child in self.children() if word in " ".join(child.cmdline())]
        return found

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return int(answer.status)

    def is_well(self) -> bool:
        try:
            return self.get("/readyz/") == 200
        except urllib.error.HTTPError:
            return False

    def answers(self) -> bool:
        try:
            return self.get("/healthz/") == 200
        except OSError:
            return False


def all_gone(processes: list[psutil.Process]) -> bool:
    """A process that has ended may wait a moment for init to take note of it."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def start_in_vain(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        DIRECT,
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def environment(child_environment: dict[str, str], free_port: int) -> dict[str, str]:
    return child_environment | {"PORT": str(free_port), "LOCAL_MODEL": "none"}


Start = Callable[..., Up]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started = []

    def run(name: str, command: list[str] = DIRECT, **changes: str) -> Up:
        started.append(Up(command, environment | changes, tmp_path / name))
        return started[-1]

    yield run
    for up in started:
        if up.process.poll() is None:
            up.process.terminate()
            up.process.wait(timeout=15)


def test_starts_answers_restarts_the_dead_and_leaves_nothing_behind(
    start: Start, environment: dict[str, str]
) -> None:
    up = start("output")
    up.wait_until_ready()
    assert up.get("/healthz/") == 200
    wait_for(up.is_well, 30)
    link = re.search(r"http://127\.0\.0\.1:\d+(/setup/[\w-]+/)", up.said())
    assert link, up.said()
    assert up.get(link[1]) == 200

    second = start_in_vain(environment)
    assert second.returncode == 1
    assert "already running" in second.stderr
    assert up.answers()

    up.child("project.web").kill()
    wait_for(lambda: "web ended with status -9" in up.said())
    wait_for(up.answers, 30)

    children = up.children()
    assert len(children) == 3  # Redis, web and worker
    began = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 5
    assert all_gone(children)


def test_a_killed_start_blocks_nobody(start: Start, prepared: Path, tmp_path: Path) -> None:
    data = str(tmp_path / ("long" * 30))  # too long for the path of a socket in it
    shutil.copytree(prepared / "unused", data)
    first = start("first", DATA_DIR=data)
    first.wait_until_ready()
    children = first.children()
    first.process.kill()
    first.process.wait()
    wait_for(lambda: all_gone(children), 3)

    second = start("second", TIED, DATA_DIR=data)
    second.wait_until_ready()
    assert second.answers()
    family = second.children()
    second.process.kill()
    second.process.wait()
    wait_for(lambda: all_gone(family), 6)


def test_a_taken_port_is_said_in_one_line_before_anything_starts(
    environment: dict[str, str],
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        answer = start_in_vain(environment | {"PORT": port})
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert f"Port {port}" in answer.stderr
    assert "PORT=8123 make run" in answer.stderr
    assert list((Path(environment["DATA_DIR"]) / "logs").iterdir()) == []


def test_what_cannot_start_points_to_its_log(environment: dict[str, str]) -> None:
    data = Path(environment["DATA_DIR"])
    data.mkdir()
    (data / "scriptorium.sqlite3").write_bytes(b"not a database " * 100)
    environment.pop("DATABASE_URL", None)
    answer = start_in_vain(environment)
    assert answer.returncode == 1
    assert "prepare failed" in answer.stderr
    assert str(data / "logs" / "prepare.log") in answer.stderr
    assert "file is not a database" in answer.stderr
