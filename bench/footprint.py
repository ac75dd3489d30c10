"""What it takes on disk, in memory and in time: script size, processes, second start."""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import django_htmx
import psutil

from bench.stack import ROOT, Stack

# What django-htmx serves beside our own bundles.
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


def proportional_memory(process: psutil.Process) -> int:
    """Bytes of a process with shared pages divided among those who share them."""
    info = process.memory_full_info()
    return int(getattr(info, "pss", 0) or info.uss)


def name_of(process: psutil.Process) -> str:
    """The part of Scriptorium that a process is."""
    command = " ".join(process.cmdline())
    parts = ("supervisor", "project.web", "worker", "valkey", "redis")
    return next((part for part in parts if part in command), command[:40])


def run() -> dict[str, Any]:
    """Gzipped bytes of the page's scripts, MB of all processes, seconds of a second start."""
    bundles = [*(ROOT / "static" / "dist").glob("*.js"), HTMX]
    script = sum(len(gzip.compress(path.read_bytes(), 9)) for path in bundles)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "data"
        directory.mkdir()
        stack = Stack(directory, LOCAL_MODEL="none")
        first = stack.start()
        stack.stop()
        second = stack.start()
        try:
            assert stack.process is not None
            root = psutil.Process(stack.process.pid)
            processes = (root, *root.children(recursive=True))
            names = [name_of(process) for process in processes]
            memory = {process.pid: proportional_memory(process) for process in processes}
        finally:
            stack.stop()
    return {
        "benchmark": "footprint",
        "script_gzip_kb": round(script / 1024, 1),
        "processes": sorted(names),
        "memory_mb": round(sum(memory.values()) / 2**20),
        "first_start_seconds": round(first, 1),
        "second_start_seconds": round(second, 1),
    }
