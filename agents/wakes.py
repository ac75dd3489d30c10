"""Has ready steps started. Hints only: what is lost here, `agents.reaper` finds in the rows."""

import logging
import time
import uuid
from collections.abc import Iterable

from celery import Task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

from agents.models import RunPriority

logger = logging.getLogger(__name__)

# Once at once, for a connection that Redis has closed since; nobody is kept waiting beyond that.
RETRY = {"max_retries": 1, "interval_start": 0}
AWAY_SECONDS = 1.0
# Of one message. Steps that start together share claims and flushes; more go to further workers.
STEPS_PER_WAKE = 8

_away_until = float("-inf")


def reap_seconds() -> float:
    """How often a worker looks for what was left behind, and what nobody took for so long."""
    return settings.LEASE_SECONDS / 4


def wake(step_ids: Iterable[uuid.UUID], priority: str, *, here: bool = False) -> None:
    """After commit, have these steps started by whichever worker is free.

    With `here` by this process, if it is a worker with room: that needs no broker.
    """
    ids = list(step_ids)
    if ids:
        transaction.on_commit(lambda: _wake(ids, priority, here=here), robust=True)


def wake_batch(batch_id: uuid.UUID) -> None:
    """After commit, have a worker start what is due in the batch; else the next look does."""
    transaction.on_commit(lambda: _wake_batch(batch_id), robust=True)


def wake_deliveries(delivery_ids: Iterable[uuid.UUID]) -> None:
    """After commit, have a worker send these messages; else the next look does."""
    ids = list(delivery_ids)
    if ids:
        transaction.on_commit(lambda: _wake_deliveries(ids), robust=True)


def _wake_deliveries(delivery_ids: list[uuid.UUID]) -> None:
    from agents.tasks import deliver

    for delivery_id in delivery_ids:
        _send(deliver, str(delivery_id), RunPriority.INTERACTIVE)


def _wake_batch(batch_id: uuid.UUID) -> None:
    from agents.tasks import advance_batch

    _send(advance_batch, str(batch_id), RunPriority.INTERACTIVE)


def wake_fetching(local_model_id: int) -> None:
    """After commit, have a worker fetch the weights; else the next look does."""

    def send() -> None:
        from agents.tasks import fetch_weights

        _send(fetch_weights, str(local_model_id), RunPriority.BATCH)

    transaction.on_commit(send, robust=True)


def wake_switching(local_model_id: int) -> None:
    """After commit, have a worker start the model server with other weights."""

    def send() -> None:
        from agents.tasks import switch_weights

        _send(switch_weights, str(local_model_id), RunPriority.INTERACTIVE)

    transaction.on_commit(send, robust=True)


def _wake(step_ids: list[uuid.UUID], priority: str, *, here: bool) -> None:
    from agents.tasks import run_steps, start_here  # the tasks call this module

    others = [step_id for step_id in step_ids if not (here and start_here(step_id))]
    for start in range(0, len(others), STEPS_PER_WAKE):
        some = others[start : start + STEPS_PER_WAKE]
        if not _send(run_steps, [str(step_id) for step_id in some], priority):
            for step_id in some:
                start_here(step_id)


def warm_up() -> None:
    """Connect to the broker, a tenth of a second's work, before somebody waits for a wake."""
    from agents.tasks import run_steps

    _send(run_steps, [], RunPriority.INTERACTIVE)


def _send(task: "Task[..., None]", argument: str | list[str], priority: str) -> bool:
    """False if Redis is away; it then is left alone for a moment."""
    global _away_until
    if time.monotonic() < _away_until:
        return False
    try:
        task.apply_async(
            (argument,),
            queue=priority,
            expires=reap_seconds() * 6,
            retry_policy=RETRY,
        )
    except BrokerError as error:
        _away_until = time.monotonic() + AWAY_SECONDS
        logger.warning("No worker was woken, Redis is away: %s", error)
        return False
    return True
