"""What the broker wakes a worker for. The rows decide what is done: see `agents.schedule`."""

import importlib
import threading
import uuid
from concurrent.futures import Future
from typing import Any

from celery import shared_task
from celery.signals import worker_init, worker_ready, worker_shutdown, worker_shutting_down

from agents import reaper
from agents.loop import get_loop, submit

# Streams of one process; the loop holds about 200 of 30 tokens a second.
MAX_STREAMS = 200
HAND_OVER_SECONDS = 5.0

_streams = threading.BoundedSemaphore(MAX_STREAMS)
_handing_over: "Future[None] | None" = None


@shared_task
def run_step(step_id: str) -> None:
    """Start the step on this process's loop; waits only while that is full."""
    from agents import worker  # its modules call this one to wake others

    _streams.acquire()
    get_loop().call_soon_threadsafe(lambda: worker.start(uuid.UUID(step_id), done=_streams.release))


@shared_task
def reap() -> None:
    reaper.reap()


@worker_init.connect
def load(**_kwargs: Any) -> None:
    """What the first step needs, more than a second of it, before anybody waits for that step."""
    importlib.import_module("agents.worker")
    submit(importlib.import_module("agents.llm").warm_up())


@worker_ready.connect
def wake_all(**_kwargs: Any) -> None:
    """Whatever became ready while no worker ran, or was in a broker that is gone."""
    reap_all.delay()


@shared_task
def reap_all() -> None:
    reaper.reap(everything=True)


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
