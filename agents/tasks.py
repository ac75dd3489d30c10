"""What a worker process does when the broker wakes it, and by itself while the broker is away.

The rows decide what is done: see `agents.claims`.
"""

import asyncio
import importlib
import logging
import random
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from django.db import DatabaseError, connections

from agents import reaper
from agents.actions import uploads, webhooks
from agents.loop import get_loop, submit
from agents.wakes import reap_seconds
from writing.database import in_database
from writing.heartbeats import beat
from writing.models import Part
from writing.tasks import look_after

logger = logging.getLogger(__name__)

# Streams of one process; the loop holds about 200 of 30 tokens a second.
MAX_STREAMS = 200
HAND_OVER_SECONDS = 5.0

_streams = threading.BoundedSemaphore(MAX_STREAMS)
_messengers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="webhooks")
_is_worker = False
_handing_over: "Future[None] | None" = None


@shared_task
def run_steps(step_ids: Sequence[str]) -> None:
    """Start the steps on this process's loop; waits only while that is full."""
    some: list[uuid.UUID] = []
    for step_id in step_ids:
        if not _streams.acquire(blocking=False):
            _start(some)
            some = []
            _streams.acquire()
        some.append(uuid.UUID(step_id))
    _start(some)


@shared_task
def advance_batch(batch_id: str) -> None:
    from agents import batches  # as above

    batches.advance(uuid.UUID(batch_id))


@shared_task
def deliver(delivery_id: str) -> None:
    """Elsewhere: whoever is told may take ten seconds to answer, and steps wait for this thread."""
    _messengers.submit(_deliver, uuid.UUID(delivery_id))


def _deliver(delivery_id: uuid.UUID) -> None:
    try:
        webhooks.deliver(delivery_id)
    except DatabaseError:
        logger.exception("Could not tell a webhook; the next look does")
    finally:
        connections.close_all()  # of this thread


def keep_promises() -> None:
    """Send webhooks what they have not heard, and forget what nobody needs any more."""
    webhooks.send_due_deliveries()
    webhooks.forget_old_deliveries()
    uploads.forget_old_uploads()


look_after("webhooks", keep_promises)


@shared_task
def fetch_weights(local_model_id: str) -> None:
    from agents.fetching import fetch  # it loads the hub's client

    fetch(int(local_model_id))


@shared_task
def switch_weights(local_model_id: str) -> None:
    from agents.local_server import switch

    switch(int(local_model_id))


def is_ending() -> bool:
    """Whether this process gives its work to others."""
    return _handing_over is not None


def start_here(step_id: uuid.UUID) -> bool:
    """Start the step without the broker; False unless this is a worker's process with room."""
    is_open = _is_worker and _handing_over is None
    if not is_open or not _streams.acquire(blocking=False):
        return False
    _start([step_id])
    return True


def _start(step_ids: Sequence[uuid.UUID]) -> None:
    from agents import worker  # its modules call this one to wake others

    def start() -> None:
        for step_id in step_ids:
            worker.start(step_id, done=_streams.release)

    get_loop().call_soon_threadsafe(start)


@worker_init.connect
def begin(**_kwargs: Any) -> None:
    """Load what the first step needs, more than a second of it, before anybody waits for that
    step; then look for work."""
    global _is_worker
    submit(importlib.import_module("agents.worker").warm_up())
    _is_worker = True
    submit(_look())


async def _look() -> None:
    """Each worker reaps, so that nothing depends on a broker or on another process.

    At first it takes whatever is ready: it may have waited since before there was a worker.
    """
    everything = True
    while _handing_over is None:
        try:
            await in_database(beat, Part.STEPS)
            await in_database(reaper.reap, everything=everything)
            everything = False
        except DatabaseError:
            logger.exception("Could not look for work")
        await asyncio.sleep(reap_seconds() * random.uniform(0.8, 1.2))  # noqa: S311 (not all at once)


@worker_shutting_down.connect
def begin_hand_over(**_kwargs: Any) -> None:
    global _handing_over
    from agents import worker

    if _handing_over is None:
        _handing_over = submit(worker.hand_over())


@worker_shutdown.connect
def end_hand_over(**_kwargs: Any) -> None:
    """The process stays until the running steps are given back."""
    if _handing_over is not None:
        _handing_over.result(timeout=HAND_OVER_SECONDS)
