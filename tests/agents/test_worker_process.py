"""A real worker process, a real Redis, and what happens when the worker is killed."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from project.services import redis_binary
from tests.agents.conftest import until
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting, fake_provider

__all__ = ["fake_provider"]

PREPARE = """
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("seed")
User.objects.create_superuser("ada", "ada@example.org", "secret")
"""
MOVE = "update agents_provider set base_url = ? where slug = 'environment'"
REPORT = """
import json

from agents.models import Step
from writing.actions.text import body_of
from writing.text.markdown import plain_text
print("REPORT" + json.dumps([
    {
        "state": step.state,
        "words": plain_text(body_of(step.section_id)).split(),
        "shown": step.section.word_count,
        "chunks": "".join(step.chunks.values_list("text", flat=True)).split(),
        "outcomes": list(step.attempts.values_list("outcome", flat=True)),
    }
    for step in Step.objects.filter(kind="write").select_related("section")
]))
"""


class Machine:
    """Our processes in a data directory of their own."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.processes: list[subprocess.Popen[bytes]] = []
        self.log = Path(environment["DATA_DIR"]) / "processes.log"

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[bytes]:
        options = [
            "-P",
            "threads",
            "-c",
            "8",
            "-Q",
            "interactive",
        ]
        options += ["-l", "INFO", "--without-mingle", "--without-gossip"]
        return self.start(sys.executable, "-m", "celery", "-A", "project", "worker", *options)

    def start_ready_worker(self) -> subprocess.Popen[bytes]:
        worker = self.start_worker()
        until(lambda: " ready." in self.log.read_text())
        return worker

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
        )

    def count_begun(self) -> int:
        """How many sections have a few words of their draft."""
        query = (
            "select count(*) from (select step_id from agents_chunk "
            "join agents_step s on s.id = step_id where s.kind = 'write' "
            "group by step_id having sum(length(text)) > 40) begun"
        )
        database: sqlite3.Connection | psycopg.Connection
        if url := self.environment.get("DATABASE_URL"):
            database = psycopg.connect(url)
        else:
            path = Path(self.environment["DATA_DIR"]) / "scriptorium.sqlite3"
            database = sqlite3.connect(path)
        with closing(database):
            row = database.execute(query).fetchone()
            assert row
            return int(row[0])

    def report(self) -> list[dict[str, Any]]:
        done = self.manage("shell", "-v", "0", "-c", REPORT)
        assert done.returncode == 0, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout.partition("REPORT")[2])
        return found

    def stop(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def machine(
    child_environment: dict[str, str],
    free_port: int,
    fake_provider: FakeProvider,
    prepared: Path,
) -> Iterator[Machine]:
    data = Path(child_environment["DATA_DIR"])
    shutil.copytree(prepared / "used", data)
    machine = Machine(
        child_environment
        | {
            "REDIS_URL": f"redis://127.0.0.1:{free_port}/0",
            "OPENAI_BASE_URL": fake_provider.base_url,
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_MODEL": "fake",
            "LEASE_SECONDS": "4",
        }
    )
    binary = redis_binary()
    assert binary
    machine.start(binary, "--port", str(free_port), "--dir", str(data), "--save", "")
    until(lambda: listens(free_port))
    if "DATABASE_URL" in child_environment:
        done = machine.manage("shell", "-v", "0", "-c", PREPARE)
        assert done.returncode == 0, done.stderr
    else:
        with closing(sqlite3.connect(data / "scriptorium.sqlite3")) as database, database:
            database.execute(MOVE, (fake_provider.base_url,))
    yield machine
    machine.stop()


def draft(machine: Machine, *options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "manage.py", "draft", "--brief", "Coral reefs."),
            *("--sections", "3", "--workflow", "quick", "--wait", "--json", *options),
        ],
        cwd=settings.BASE_DIR,
        env=machine.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_worker_that_ends_in_the_middle_loses_and_repeats_nothing(
    machine: Machine, fake_provider: FakeProvider, how: signal.Signals
) -> None:
    fake_provider.say(counting)
    fake_provider.set_pace(tokens_per_second=60)
    fake_provider.hold("writer")
    worker = machine.start_ready_worker()
    command = draft(machine)
    until(lambda: fake_provider.server.active == 3)
    until(lambda: machine.count_begun() == 3)
    worker.send_signal(how)
    if how == signal.SIGTERM:
        assert worker.wait(timeout=6) == 0
    fake_provider.let_go()
    machine.start_worker()
    output, errors = command.communicate(timeout=60)
    assert command.returncode == 0, errors
    summary = json.loads(output)
    assert summary["state"] == "finished"
    assert summary["sections"] == 3
    assert summary["words"] == 3 * COUNTED_WORDS
    assert summary["completion_tokens"] > 0
    report = machine.report()
    expected = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]
    for step in report:
        assert step["words"] == step["chunks"] == expected
        assert step["outcomes"] == ["interrupted", "finished"]
    asked = [body for body in fake_provider.bodies if not body.get("response_format")]
    assert len(asked) == 6
    assert all(body["messages"][-2]["role"] == "assistant" for body in asked[3:])


def test_draft_without_a_worker_does_the_work_itself(
    machine: Machine, fake_provider: FakeProvider
) -> None:
    command = draft(machine)
    output, errors = command.communicate(timeout=60)
    assert command.returncode == 0, errors
    assert "does the work itself" in errors
    summary = json.loads(output)
    assert set(summary) == {
        *("document", "run", "state", "sections", "words", "prompt_tokens"),
        *("cached_tokens", "completion_tokens", "cost", "seconds", "stopped_by"),
    }
    assert summary["words"] == sum(step["shown"] for step in machine.report())


def test_draft_that_fails_says_why_and_exits_with_1(
    machine: Machine, fake_provider: FakeProvider
) -> None:
    fake_provider.fail("401@writer:2x0")
    command = draft(machine)
    output, errors = command.communicate(timeout=60)
    assert command.returncode == 1
    assert json.loads(output)["state"] == "partly_finished"
    assert "does not accept the API key" in errors
