"""What it takes on disk, in memory and in time: script size, processes, second start."""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import psutil

from bench.stack import ROOT, Stack


def proportional_memory(process: psutil.Process) -> int:
    """Bytes of a process with shared pages divided among those who share them."""
    info = process.memory_full_info()
    return int(getattr(info, "pss", 0) or info.uss)


def run() -> dict[str, Any]:
    """Gzipped bytes of the page's scripts, MB of all processes, seconds of a second start."""
    bundles = sorted((ROOT / "static" / "dist").glob("*.js"))
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
            memory = {
                process.pid: proportional_memory(process)
                for process in (root, *root.children(recursive=True))
            }
        finally:
            stack.stop()
    return {
        "benchmark": "footprint",
        "script_gzip_kb": round(script / 1024, 1),
        "processes": len(memory),
        "memory_mb": round(sum(memory.values()) / 2**20),
        "first_start_seconds": round(first, 1),
        "second_start_seconds": round(second, 1),
    }
