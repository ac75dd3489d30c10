"""Applies a large update first where it can do no harm: in a process of its own, with little memory
and time.

The gate counts what an update holds, but not what it costs those who apply it: that can grow with
the square of its size. Where the system cannot limit a process, its time alone is.
"""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pycrdt import Doc, XmlFragment

from writing.text.lib0 import Reader, varbytes
from writing.text.output import plain_text

# A page of typing is less, a chapter that is pasted may be more.
LARGE_BYTES = 50_000
MEMORY_BYTES = 1 << 30
SECONDS = 5

_ROOT = Path(__file__).resolve().parents[2]
# So many at once; who pastes a chapter meanwhile waits.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sandbox")


async def survives(state: bytes, update: bytes) -> bool:
    """Whether a text with this state (Yjs update v1) takes the update in within the limits."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _try, state, update)


def _try(state: bytes, update: bytes) -> bool:
    try:
        child = subprocess.run(
            [sys.executable, "-m", __name__],
            input=varbytes(state) + varbytes(update),
            cwd=_ROOT,
            env={},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return child.returncode == 0


def limit(seconds: int = SECONDS) -> None:
    """What this process may use from now on; beyond that the system ends it."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    if sys.platform == "linux":  # elsewhere it is not kept to
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    limit()
    reader = Reader(sys.stdin.buffer.read())
    doc: Doc[XmlFragment] = Doc()
    for update in (reader.varbytes(), reader.varbytes()):
        doc.apply_update(update)
    plain_text(doc.get("body", type=XmlFragment))
    doc.get_update()


if __name__ == "__main__":
    main()
