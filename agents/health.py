"""Whether all that Scriptorium needs is there and at work, and what to do where it is not."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.wakes import reap_seconds
from writing.heartbeats import BEAT_SECONDS
from writing.models import Heartbeat, Part

REDIS_SECONDS = 1.0
MEGABYTE = 1024 * 1024
# What looks every half a minute may be at work on something long.
CHORES_LATE = timedelta(minutes=10)
CHORES = (Part.COMPACTION, Part.HISTORY, Part.MAIL)

Heard = Mapping[Part, datetime]

# Migrations that were all there do not go away while this process runs.
_is_migrated = False


@dataclass(frozen=True, slots=True)
class Check:
    """`name` is for programs. `advice` is what to do; empty where all is well."""

    name: str
    label: str | Promise
    is_well: bool
    state: str
    advice: str = ""


def checks() -> list[Check]:
    """All of them; a check that cannot look is not well. No network but to our own Redis."""
    return list(_checks())


def _checks() -> Iterator[Check]:
    yield (found := database())
    if found.is_well:
        yield (tables := migrations())
        heard = _heard() if tables.is_well else {}
        yield worker(heard)
        yield chores(heard)
    else:
        for name, label in (
            ("migrations", MIGRATIONS),
            ("worker", WORKER),
            ("chores", CHORES_LABEL),
        ):
            yield Check(name, label, False, _("Cannot be told without the database."))
    yield broker()
    yield disk()


DATABASE = gettext_lazy("Database")
MIGRATIONS = gettext_lazy("Tables of the database")
WORKER = gettext_lazy("Workers")
CHORES_LABEL = gettext_lazy("Regular chores")
BROKER = gettext_lazy("Redis")
DISK = gettext_lazy("Free disk space")


def database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return Check(
            "database",
            DATABASE,
            False,
            _("It does not answer."),
            _(
                "Nothing can be read or saved. Start the database server, or see in the web "
                "server's log why it refuses."
            ),
        )
    return Check("database", DATABASE, True, _("It answers."))


def migrations() -> Check:
    if not (_is_migrated or _look_at_migrations()):
        return Check(
            "migrations",
            MIGRATIONS,
            False,
            _("They are older than the program."),
            _("Stop all processes, then run “manage.py prepare” once, and start them again."),
        )
    return Check("migrations", MIGRATIONS, True, _("They fit the program."))


def _look_at_migrations() -> bool:
    global _is_migrated
    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    _is_migrated = not executor.migration_plan(leaves)
    return _is_migrated


def worker_late() -> timedelta:
    """A worker that was silent for longer does nothing any more."""
    return timedelta(seconds=3 * max(reap_seconds(), BEAT_SECONDS))


def worker(heard: Heard) -> Check:
    last = heard.get(Part.STEPS)
    if is_late(last, worker_late()):
        return Check(
            "worker",
            WORKER,
            False,
            _silence(last),
            _(
                "No agent writes. Start a worker, or see in its log why it ended; what waits goes "
                "on by itself then."
            ),
        )
    return Check("worker", WORKER, True, _("At work."))


def chores(heard: Heard) -> Check:
    """What other systems leave to a clock: each worker looks after it by itself."""
    late = [part for part in CHORES if is_late(heard.get(part), CHORES_LATE)]
    if late:
        return Check(
            "chores",
            CHORES_LABEL,
            False,
            " ".join(f"{part.label}: {_silence(heard.get(part))}" for part in late),
            _("Start the workers again, and see in their log what holds them up."),
        )
    return Check("chores", CHORES_LABEL, True, _("Done as they fall due."))


def is_late(last: datetime | None, most: timedelta) -> bool:
    return last is None or timezone.now() - last > most


def _heard() -> Heard:
    """When each part was heard of last, of any process; one query."""
    rows = Heartbeat.objects.order_by().values_list("part").annotate(Max("last_at"))
    return {Part(part): last for part, last in rows}


def _silence(last: datetime | None) -> str:
    if last is None:
        return _("None has been heard of.")
    minutes = int((timezone.now() - last).total_seconds() // 60)
    if minutes < 1:
        return _("Silent for some seconds.")
    return _("Silent for %(minutes)d min.") % {"minutes": minutes}


def broker() -> Check:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return Check(
            "redis",
            BROKER,
            False,
            _("It does not answer."),
            _(
                "Nothing is lost, but agents begin some seconds late and people see one another's "
                "changes late. Start Redis again."
            ),
        )
    return Check("redis", BROKER, True, _("It answers."))


def disk() -> Check:
    free = free_megabytes(settings.DATA_DIR)
    state = _("%(free)d MB are free.") % {"free": free}
    if free < settings.FREE_DISK_MB:
        return Check(
            "disk",
            DISK,
            False,
            state,
            _(
                "Less than %(least)d MB: soon nothing can be saved. Make room on the disk of the "
                "data directory, for example by deleting old backups and logs."
            )
            % {"least": settings.FREE_DISK_MB},
        )
    return Check("disk", DISK, True, state)


def free_megabytes(directory: Path) -> int:
    return shutil.disk_usage(directory).free // MEGABYTE
