"""What a worker process does for texts and people, beside the tasks it is sent: it looks by itself.

Nobody has to wake it, so nothing depends on a broker or on another process. Several workers that
find the same do no harm.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from celery.signals import worker_init, worker_shutting_down
from django.db import DatabaseError, connections
from prometheus_client import Counter

from writing.actions.compaction import compact_log, long_logs
from writing.actions.idempotency import forget_answers
from writing.actions.leaving import delete_account, due_accounts
from writing.actions.mailings import send_due_mail
from writing.actions.versions import keep_due_versions
from writing.heartbeats import beat
from writing.models import Part
from writing.past import keep_checkpoints, sections_without_checkpoints
from writing.tallies import count_changes

logger = logging.getLogger(__name__)
T = TypeVar("T")

LOOK_SECONDS = 30.0
# As long as the work, so many times.
RESTS = 9

COMPACTED = Counter("scriptorium_updates_compacted", "Updates of texts packed into segments.")
MAILED = Counter("scriptorium_mails_sent", "Mails that tell people what concerns them.")

_shutting_down = threading.Event()
_works: dict[str, Callable[[], object]] = {}


def look_after(name: str, work: Callable[[], object]) -> None:
    """Have this looked at as well, by a thread of its own; to be called before a worker begins."""
    _works[name] = work


@worker_init.connect
def begin(**_kwargs: Any) -> None:
    # Each its own: a mail server may be slow.
    works: dict[str, Callable[[], object]] = {
        "compaction": compact_long_logs,
        "history": keep_histories,
        "mail": send_mail,
        "forgetting": forget,
        "leaving": end_accounts,
    }
    for name, work in (works | _works).items():
        threading.Thread(target=_look, args=(work,), name=name, daemon=True).start()


@worker_shutting_down.connect
def end(**_kwargs: Any) -> None:
    _shutting_down.set()


def _look(work: Callable[[], object]) -> None:
    _leave_word()
    while not _shutting_down.wait(LOOK_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311 (not all at once)
        _leave_word()
        try:
            work()
        except DatabaseError:
            logger.exception("Could not do what is due: %s", threading.current_thread().name)
        finally:
            connections.close_all()  # of this thread


def _leave_word() -> None:
    """What this thread does is looked after: see `agents.health`."""
    name = threading.current_thread().name
    if name not in Part:
        return
    try:
        beat(Part(name))
    except DatabaseError:
        logger.exception("Could not leave word: %s", name)


def compact_long_logs() -> None:
    """Compact every log that has grown long; ends early when the worker is to stop."""
    for section_id in _unhurried(long_logs()):
        start = time.monotonic()
        if count := compact_log(section_id):
            COMPACTED.inc(count)
            seconds = round(time.monotonic() - start, 3)
            logger.info(
                "log compacted",
                extra={"section": str(section_id), "updates": count, "seconds": seconds},
            )


def keep_histories() -> None:
    """Checkpoints of logs that have grown, and versions of documents that were edited, with who
    changed how much in them."""
    for section_id in _unhurried(sections_without_checkpoints()):
        keep_checkpoints(section_id)
    for version in _unhurried(keep_due_versions()):
        count_changes(version)


def forget() -> None:
    """Delete what was kept for a while only."""
    forget_answers()


def _unhurried(items: Iterable[T]) -> Iterator[T]:
    """Each, with a rest after what was done for it: agents write in the same process. Ends early
    when the worker is to stop."""
    for item in items:
        start = time.monotonic()
        yield item
        _leave_word()
        if _shutting_down.wait((time.monotonic() - start) * RESTS):
            return


def send_mail() -> None:
    if count := send_due_mail():
        MAILED.inc(count)
        logger.info("mail sent", extra={"mails": count})


def end_accounts() -> None:
    """Of those who asked for it long enough ago."""
    for user in _unhurried(due_accounts()):
        if delete_account(user):
            logger.info("account deleted", extra={"account": user.pk})
