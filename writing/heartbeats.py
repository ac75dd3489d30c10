"""Worker processes leave word that they live, in the database: whoever asks needs no broker."""

import os
import socket
import threading
import time
from datetime import timedelta

from django.utils import timezone

from writing.models import Heartbeat, Part

# No oftener, however often a part looks for work.
BEAT_SECONDS = 10.0
# What has been silent for so long is gone for good.
KEPT = timedelta(days=1)

_beaten: dict[str, float] = {}
_lock = threading.Lock()


def beat(part: Part) -> None:
    """The part of this process is at work; a write every ten seconds at most."""
    now = time.monotonic()
    with _lock:
        if now - _beaten.get(part, float("-inf")) < BEAT_SECONDS:
            return
        _beaten[part] = now
    _leave_word(part)


def _leave_word(part: Part) -> None:
    now = timezone.now()
    process = f"{socket.gethostname()[:150]} {os.getpid()}"
    Heartbeat.objects.update_or_create(process=process, part=part, defaults={"last_at": now})
    Heartbeat.objects.filter(last_at__lt=now - KEPT).delete()
