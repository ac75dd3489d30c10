"""What there is to do at this moment, and who is at it."""

from dataclasses import dataclass
from datetime import datetime

import redis
from django.conf import settings
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.functional import Promise

from agents.health import REDIS_SECONDS, is_late, worker_late
from agents.models import Provider, RunPriority, RunState, Step, StepState
from writing.models import AuditEntry, Heartbeat, Part

MOST_WORKERS = 50


@dataclass(frozen=True, slots=True)
class Queue:
    """Steps of one priority. `wakes` are messages in Redis, None while it does not answer."""

    label: str | Promise
    ready: int
    running: int
    waiting: int
    wakes: int | None


@dataclass(frozen=True, slots=True)
class Worker:
    process: str
    since: datetime
    last: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Workload:
    queues: list[Queue]
    # Ready for longest, and since when.
    oldest: Step | None
    troubled: list[Provider]
    workers: list[Worker]
    last_backup: datetime | None


def workload() -> Workload:
    """Five queries, and one question to Redis."""
    return Workload(_queues(), _oldest(), _troubled(), _workers(), _last_backup())


def _queues() -> list[Queue]:
    active = Step.objects.filter(run__state=RunState.RUNNING).order_by()
    states = (StepState.READY, StepState.RUNNING, StepState.WAITING)
    rows = active.values_list("run__priority").annotate(
        **{state.value: Count("pk", filter=Q(state=state)) for state in states}
    )
    counts = {priority: numbers for priority, *numbers in rows}
    wakes = _wakes()
    return [
        Queue(priority.label, ready, running, waiting, wakes.get(priority))
        for priority in RunPriority
        for ready, running, waiting in [counts.get(priority, (0, 0, 0))]
    ]


def _wakes() -> dict[str, int]:
    """How many messages wait in Redis, by queue; empty if it does not answer."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as client:
            return {queue: int(client.llen(queue)) for queue in RunPriority.values}
    except (redis.RedisError, OSError):
        return {}


def _oldest() -> Step | None:
    """Of those that may begin; a pause before another try is no waiting."""
    now = timezone.now()
    return (
        Step.objects.filter(state=StepState.READY, run__state=RunState.RUNNING)
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .exclude(ready_at=None)
        .select_related("run__document", "role", "section")
        .order_by("ready_at")
        .first()
    )


def _troubled() -> list[Provider]:
    return list(Provider.objects.exclude(open_since=None).order_by("open_since"))


def _workers() -> list[Worker]:
    heard = Heartbeat.objects.filter(part=Part.STEPS).order_by("-last_at")[:MOST_WORKERS]
    return [
        Worker(beat.process, beat.first_at, beat.last_at, is_late(beat.last_at, worker_late()))
        for beat in heard
    ]


def _last_backup() -> datetime | None:
    made = AuditEntry.objects.filter(event="site.backed_up").order_by("-at")
    return made.values_list("at", flat=True).first()
