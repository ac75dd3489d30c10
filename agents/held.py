"""A local model's row that a worker is at: taken once, kept by a heartbeat, taken over if lost."""

import logging
import threading
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.models import F, Q
from django.utils import timezone

from agents.models.local_models import LocalModel, LocalModelState

logger = logging.getLogger(__name__)

BEAT_SECONDS = 1.0


class Stopped(Exception):
    """Cancelled, taken over by another worker, or this one ends."""


class Held:
    """A row that this worker has taken, for as long as it works; says so every second."""

    def __init__(self, model: LocalModel) -> None:
        self.model = model
        self.received = model.received_bytes
        self._state = model.state
        self._over = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"local-model-{model.pk}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        if self._stopped.is_set():
            raise Stopped

    def update(self, **values: Any) -> None:
        """Write to the row, if it is still ours; else raises Stopped."""
        if not self.mine().update(heartbeat_at=timezone.now(), **values):
            raise Stopped

    def mine(self) -> Any:
        model = self.model
        return LocalModel.objects.filter(pk=model.pk, attempt=model.attempt, state=self._state)

    def _beat(self) -> None:
        from agents.tasks import is_ending

        try:
            while not self._over.wait(min(BEAT_SECONDS, settings.LEASE_SECONDS / 4)):
                if is_ending():
                    self._stopped.set()
                try:
                    self.update(received_bytes=self.received)
                except Stopped:
                    self._stopped.set()
                    return
                except DatabaseError:
                    logger.exception("Could not keep hold of local model %s", self.model.pk)
        finally:
            connections.close_all()


def take(pk: int, *, waiting: Q, state: LocalModelState) -> LocalModel | None:
    """Takes the row if it waits, or if whoever had it is gone."""
    gone = timezone.now() - timedelta(seconds=settings.LEASE_SECONDS)
    abandoned = Q(state=state, heartbeat_at__lt=gone)
    taken = LocalModel.objects.filter(waiting | abandoned, pk=pk).update(
        state=state, attempt=F("attempt") + 1, heartbeat_at=timezone.now(), problem=""
    )
    return LocalModel.objects.get(pk=pk) if taken else None
