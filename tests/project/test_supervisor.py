"""The supervisor with real processes: what a person sees who starts, stops and kills it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from tests.project.test_processes import wait_for

SECONDS_TO_START = 60


class Up:
    """One `manage.py up`, its output and its children."""

    def __init__(self, environment: dict[str, str], output: Path) -> None:
        self.output = output
        self.port = int(environment["PORT"])
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=settings.BASE_DIR,
                env=environment,
                stdout=file,
                stderr=file,
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
            status: int = answer.status
            return status

    def answers(self) -> bool:
        try:
            return self.get("/healthz/") == 200
        except OSError:
            return False


@pytest.fixture
def environment(child_environment: dict[str, str], free_port: int) -> dict[str, str]:
    return child_environment | {"PORT": str(free_port), "LOCAL_MODEL": "none"}


@pytest.fixture
def up(environment: dict[str, str], tmp_path: Path) -> Iterator[Up]:
    started = Up(environment, tmp_path / "output")
    yield started
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(timeout=15)


def test_starts_answers_and_leaves_nothing_behind(up: Up) -> None:
    up.wait_until_ready()
    assert up.get("/healthz/") == 200
    link = re.search(r"http://127\.0\.0\.1:\d+(/setup/[\w-]+/)", up.said())
    assert link, up.said()
    assert up.get(link[1]) == 200
    children = up.children()
    assert len(children) >= 4
    began = time.monotonic()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 5
    assert not any(child.is_running() for child in children)


def test_a_child_that_dies_is_started_again(up: Up) -> None:
    up.wait_until_ready()
    web = up.child("daphne")
    web.kill()
    wait_for(lambda: "web ended with status -9" in up.said())
    wait_for(up.answers, 20)
    assert up.child("daphne").pid != web.pid


def test_a_killed_supervisor_blocks_nobody(environment: dict[str, str], tmp_path: Path) -> None:
    # The path is also too long for a socket in it.
    environment = environment | {"DATA_DIR": str(tmp_path / ("long" * 30))}
    first = Up(environment, tmp_path / "first")
    first.wait_until_ready()
    children = first.children()
    first.process.kill()
    first.process.wait()
    wait_for(lambda: not any(child.is_running() for child in children), 3)
    second = Up(environment, tmp_path / "second")
    try:
        second.wait_until_ready()
        assert second.answers()
    finally:
        second.process.terminate()
        second.process.wait(timeout=15)


def test_a_taken_port_is_said_in_one_line_before_anything_starts(
    up: Up, environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        data = tmp_path / "other"
        answer = subprocess.run(
            [sys.executable, "manage.py", "up"],
            cwd=settings.BASE_DIR,
            env=environment | {"PORT": port, "DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert f"Port {port}" in answer.stderr
    assert "PORT=8" in answer.stderr
    assert list((data / "logs").iterdir()) == []
    # And the same data directory is not served twice.
    up.wait_until_ready()
    answer = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert answer.returncode == 1
    assert "already running" in answer.stderr
    assert up.answers()


def test_a_service_that_cannot_start_points_to_its_log(
    environment: dict[str, str], tmp_path: Path
) -> None:
    data = Path(environment["DATA_DIR"])
    data.mkdir()
    (data / "scriptorium.sqlite3").write_bytes(b"not a database " * 100)
    broken = Up(environment, tmp_path / "output")
    assert broken.process.wait(timeout=30) == 1
    assert "prepare failed" in broken.said()
    assert str(data / "logs" / "prepare.log") in broken.said()
    assert "file is not a database" in broken.said()


def test_ends_with_the_process_that_began_it_when_tied(
    environment: dict[str, str], tmp_path: Path
) -> None:
    output = tmp_path / "output"
    command = f"{sys.executable} manage.py up --tied > {output} 2>&1 & echo $!; wait"
    shell = subprocess.Popen(
        ["sh", "-c", command],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert shell.stdout is not None
    supervisor = psutil.Process(int(shell.stdout.readline()))
    wait_for(lambda: "ready at" in output.read_text(), SECONDS_TO_START)
    children = supervisor.children(recursive=True)
    os.kill(shell.pid, signal.SIGKILL)
    shell.wait()
    wait_for(lambda: not supervisor.is_running(), 6)
    assert not any(child.is_running() for child in children)
