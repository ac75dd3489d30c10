"""What can be seen of a step from outside: its log lines, and its numbers for Prometheus."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from agents import metrics
from agents.work import Work

logger = logging.getLogger(__name__)


@contextmanager
def watched(work: Work) -> Iterator[None]:
    """While the step is worked on, every log line of its task names it."""
    claim = work.claim
    start = time.monotonic()
    with bound_contextvars(
        run=str(work.run.pk), step=str(claim.step.pk), attempt=claim.attempt.number
    ):
        metrics.began(claim.attempt)
        logger.info(
            "step began",
            extra={"kind": claim.step.kind, "role": work.role.slug, "model": claim.model.name},
        )
        try:
            yield
        finally:
            seconds = time.monotonic() - start
            metrics.ended(claim.attempt, seconds)
            logger.info("step ended", extra={"seconds": round(seconds, 3)})
