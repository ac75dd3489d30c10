import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from project.processes import Child, end, end_leftovers, identity

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
IGNORE = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
DEAF = [sys.executable, "-c", IGNORE + "print('deaf', flush=True); time.sleep(600)"]


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@pytest.fixture
def make_child(tmp_path: Path) -> Iterator[Callable[[str, list[str]], Child]]:
    made = []

    def make(name: str, command: list[str]) -> Child:
        child = Child(name, command, tmp_path / f"{name}.log", tmp_path / f"{name}.pid")
        made.append(child)
        child.start()
        return child

    yield make
    end(made, 0)


def test_a_child_is_asked_to_stop_and_a_deaf_one_is_killed(
    make_child: Callable[[str, list[str]], Child],
) -> None:
    polite, deaf = make_child("polite", SLEEP), make_child("deaf", DEAF)
    wait_for(lambda: deaf.log_tail(1) == ["deaf"])
    pids = [child.process.pid for child in (polite, deaf) if child.process]
    began = time.monotonic()
    end([polite, deaf], 0.5)
    assert time.monotonic() - began < 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not polite.pid_file.exists()


def test_the_processes_of_a_child_end_with_it(
    make_child: Callable[[str, list[str]], Child],
) -> None:
    code = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600'])\n"
    code += "print(p.pid, flush=True); time.sleep(600)"
    child = make_child("parent", [sys.executable, "-c", code])
    wait_for(lambda: child.log_tail(1))
    grandchild = int(child.log_tail(1)[0])
    end([child], 1)
    wait_for(lambda: identity(grandchild) is None)


def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from project.processes import Child
here = Path({str(tmp_path)!r})
Child("child", ["sleep", "600"], here / "child.log", here / "child.pid").start()
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", code])
    file = tmp_path / "child.pid"
    wait_for(lambda: file.exists() and file.read_text())
    pid = int(file.read_text().split()[0])
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: identity(pid) is None)


def test_leftovers_are_ended_but_a_stranger_with_their_number_is_not(tmp_path: Path) -> None:
    ours, stranger = (subprocess.Popen(SLEEP, start_new_session=True) for _ in range(2))
    (tmp_path / "ours.pid").write_text(f"{ours.pid} {identity(ours.pid)}")
    (tmp_path / "stranger.pid").write_text(f"{stranger.pid} an older boot")
    (tmp_path / "gone.pid").write_text("999999999 whatever")
    (tmp_path / "broken.pid").write_text("")
    try:
        assert end_leftovers(tmp_path) == ["ours"]
        assert ours.wait(timeout=5) == -signal.SIGKILL
        assert stranger.poll() is None
        assert list(tmp_path.glob("*.pid")) == []
    finally:
        for process in (ours, stranger):
            process.kill()
            process.wait()


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    assert identity(os.getpid()) == identity(os.getpid()) != identity(1)
    assert identity(999999999) is None


def test_a_log_that_has_grown_large_is_put_aside(
    make_child: Callable[[str, list[str]], Child], tmp_path: Path
) -> None:
    (tmp_path / "talker.log").write_bytes(b"old\n" * 1_500_000)
    child = make_child("talker", [sys.executable, "-c", "print('fresh')"])
    wait_for(lambda: child.log_tail(5) == ["fresh"])
    assert (tmp_path / "talker.log.1").stat().st_size == 6_000_000
    assert (tmp_path / "talker.log").read_text() == "fresh\n"
