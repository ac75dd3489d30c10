"""Makes of whatever image somebody sends a WebP of our own, in a process with little memory and
time: decoders have holes, and a few bytes may stand for more pixels than a machine can hold.

What comes out is pixels alone: no place, no camera, nothing hidden behind the picture.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore

CONTENT_TYPE = "image/webp"
LONG_SIDE = 2_000
PIXELS = 50_000_000
SECONDS = 10

_ROOT = Path(__file__).resolve().parents[1]
# So many at once, and so many more that wait: pages need threads too.
_running = BoundedSemaphore(2)
_admitted = BoundedSemaphore(4)


class Problem(StrEnum):
    """Why there is no image."""

    BROKEN = "broken"
    UNKNOWN = "unknown"
    SVG = "svg"
    HEIC = "heic"
    PIXELS = "pixels"
    BUSY = "busy"


class Unusable(ValueError):
    """It is not taken."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Picture:
    """A WebP and its size in pixels."""

    data: bytes
    width: int
    height: int


def reencode(data: bytes) -> Picture:
    """The image anew, upright, at most `LONG_SIDE` pixels long, without anything but its pixels; of
    an animation its first picture. Blocks for up to some seconds. Raises `Unusable`."""
    if not _admitted.acquire(blocking=False):
        raise Unusable(Problem.BUSY)
    try:
        with _running:
            return _in_a_process(data)
    finally:
        _admitted.release()


def _in_a_process(data: bytes) -> Picture:
    try:
        child = subprocess.run(
            [sys.executable, "-m", "writing.pixels"],
            input=data,
            cwd=_ROOT,
            env={},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unusable(Problem.BROKEN) from None
    if child.returncode:
        raise Unusable(Problem.BROKEN)
    head, _, encoded = child.stdout.partition(b"\n")
    said = json.loads(head)
    if "problem" in said:
        raise Unusable(Problem(said["problem"]))
    return Picture(encoded, said["width"], said["height"])
