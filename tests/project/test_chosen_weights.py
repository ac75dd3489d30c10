"""The supervisor follows which weights were chosen, with the real model server."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.local_server import running_model
from project import services
from project.local_model import FILE, bundled_weights
from project.processes import end
from project.supervisor import Supervisor


@pytest.fixture
def supervisor(settings: Any, tmp_path: Path, free_port: int) -> Iterator[Supervisor]:
    """With the model server alone."""
    settings.DATA_DIR, settings.LOCAL_MODEL_PORT = tmp_path, free_port
    settings.LOCAL_MODEL_CHOICE = tmp_path / "model" / "chosen.json"
    for name in ("logs", "run", "model"):
        (tmp_path / name).mkdir()
    supervisor = Supervisor()
    supervisor.model = supervisor.start(services.model_service())
    yield supervisor
    end([supervisor.model.child], 3)


def keep_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        assert supervisor.model
        supervisor.keep_running(supervisor.model)
        supervisor.follow_choice(supervisor.model)
        time.sleep(0.1)


def choose(settings: Any, weights: Path) -> None:
    settings.LOCAL_MODEL_CHOICE.write_text(
        json.dumps({"weights": str(weights), "context_tokens": 512})
    )


def test_other_weights_are_started_and_those_that_do_not_do_given_up(
    supervisor: Supervisor, settings: Any, tmp_path: Path
) -> None:
    bundled = Path(FILE).stem
    other, broken = tmp_path / "other.gguf", tmp_path / "broken.gguf"
    other.symlink_to(bundled_weights(tmp_path / "model"))
    broken.write_bytes(b"GGUF nonsense")
    choose(settings, other)
    keep_until(supervisor, lambda: running_model() == "other")

    choose(settings, broken)
    refused = tmp_path / "model" / "refused.json"
    keep_until(supervisor, refused.exists)
    assert "cannot be started with" in json.loads(refused.read_text())["reason"]
    keep_until(supervisor, lambda: running_model() == bundled)
    assert not settings.LOCAL_MODEL_CHOICE.exists()
