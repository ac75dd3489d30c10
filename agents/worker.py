"""What a worker process does with a step: takes it, does it, answers for how it ended."""

import asyncio
import logging
import threading
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import translation
from django.utils.translation import gettext as _

from agents import llm, metrics, schedule
from agents.budget import LimitReached
from agents.closing import lost
from agents.exceptions import Fenced
from agents.flusher import join
from agents.hand import Hand
from agents.limits import stop_at_limit
from agents.retries import after_failure
from agents.steps.kinds import DOCUMENT_STEPS, SECTION_STEPS
from agents.turns import write_in_database
from agents.watch import watched
from agents.work import Work, take
from writing.database import in_database
from writing.exceptions import WritingError
from writing.memory import settle
from writing.text.peer import Peer

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.5


@dataclass
class Running:
    """A step at work in this process."""

    work: Work
    task: "asyncio.Task[None]"
    hand: Hand | None = None
    is_handed_over: bool = False
    is_ending: bool = False


_running: dict[uuid.UUID, Running] = {}
_tasks: set["asyncio.Task[None]"] = set()
_keeper: "asyncio.Task[None] | None" = None
_closing = threading.Event()


async def run(step_id: uuid.UUID) -> None:
    """Do the step if it is ready, and what follows it in its chain; on the worker's loop."""
    if _closing.is_set():
        return
    work = await take(step_id)
    while work is not None:
        if _closing.is_set():
            await write_in_database(schedule.release, work.claim, work.account)
            return
        work = await _attempt(work)


async def _attempt(work: Work) -> Work | None:
    """From its claim to its end; gives the next step of its chain where that is ours."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (for the type checker: coroutines run in tasks)
    running = _running[work.claim.step.pk] = Running(work, task)
    _keep()
    try:
        with watched(work), translation.override(work.run.locale):
            await _do(running)
    finally:
        _running.pop(work.claim.step.pk, None)
    return running.hand.next if running.hand else None


async def _do(running: Running) -> None:
    work = running.work
    claim, account = work.claim, work.account
    try:
        try:
            if claim.step.section_id is None:
                await DOCUMENT_STEPS[claim.step.kind](work)
            else:
                running.hand = _hand_for(work)
                await SECTION_STEPS[claim.step.kind](work, running.hand)
        except (Fenced, asyncio.CancelledError):
            raise
        except Exception:
            await _save_rest(running)
            raise
    except Fenced:
        await write_in_database(lost, claim, account)
    except asyncio.CancelledError:
        if not running.is_handed_over:
            await write_in_database(lost, claim, account)
            return
        await _save_rest(running)
        await write_in_database(schedule.release, claim, account)
    except LimitReached as error:
        await write_in_database(stop_at_limit, claim, error, account)
    except llm.LLMError as error:
        await _after_failure(running, error)
    except WritingError as error:
        await write_in_database(schedule.fail, claim, str(error), account)
    except DatabaseError:
        logger.exception("The database failed step %s", claim.step.pk)
        problem = _("The database did not answer in time. What was written is kept; try again.")
        await _after_failure(running, llm.Retryable(problem))
    except Exception:
        logger.exception("Step %s failed", claim.step.pk)
        problem = _("Something went wrong inside Scriptorium. Try again; what was written is kept.")
        await write_in_database(schedule.fail, claim, problem, account)
    else:
        if not (running.hand and running.hand.next):
            await write_in_database(schedule.settle, claim.step.run_id)
    finally:
        # The step is over, and no longer held: that is no reason to break off what follows it.
        running.is_ending = True
        if running.hand:
            running.hand.close()
            _spawn(running.hand.face.leave())


def _hand_for(work: Work) -> Hand:
    """Raises Fenced if the section was deleted since the claim: its steps are being stopped."""
    if work.claim.step.section not in work.sections:
        raise Fenced
    return join(work)


async def _save_rest(running: Running) -> None:
    """What the model wrote before it was interrupted is kept, if the step is still ours."""
    if running.hand:
        with suppress(Fenced, DatabaseError):
            await running.hand.flush()


async def _after_failure(running: Running, error: llm.LLMError) -> None:
    claim, account = running.work.claim, running.work.account
    seconds = await write_in_database(after_failure, claim, account, error)
    if seconds is not None:
        metrics.retried(claim.attempt)
        step_id = claim.step.pk
        # A moment later than the row says; the reaper wakes it if this process is gone by then.
        asyncio.get_running_loop().call_later(seconds + 0.01, lambda: start(step_id))


async def warm_up() -> None:
    """Do for nobody what takes long only the first time."""
    Peer(1)
    await llm.warm_up()
    settle()


def running_steps() -> list[uuid.UUID]:
    """What this process is at work on."""
    return list(_running)


def start(step_id: uuid.UUID, *, done: Callable[[], None] | None = None) -> None:
    """Do the step beside the others; on the worker's loop."""
    task = _spawn(run(step_id))

    def finished(task: "asyncio.Task[None]") -> None:
        if done:
            done()
        if not task.cancelled() and (error := task.exception()):
            # Its lease runs out, and the reaper gives the step to another attempt.
            logger.error("Step %s was given up", step_id, exc_info=error)

    task.add_done_callback(finished)


def _spawn(work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
    """Done before this process ends."""
    task = asyncio.create_task(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def _keep() -> None:
    global _keeper
    if _keeper is None or _keeper.done():
        _keeper = asyncio.create_task(_keep_leases())


async def _keep_leases() -> None:
    """Renew the leases of what runs here, and end at once what was stopped or handed over."""
    now = asyncio.get_running_loop().time
    renewed_at = now()
    while _running:
        await asyncio.sleep(LOOK_SECONDS)
        claims = [running.work.claim for running in _running.values()]
        try:
            held = await in_database(schedule.held, claims)
            for claim in claims:
                running = _running.get(claim.step.pk)
                if running and running.work.claim is claim and claim.step.pk not in held:
                    _end(running)
            if now() - renewed_at > settings.LEASE_SECONDS / 3:
                renewed_at = now()
                await write_in_database(schedule.renew, claims)
        except DatabaseError:
            logger.exception("Could not look after the leases")


async def hand_over() -> None:
    """This process ends: save what there is and leave the steps to other workers at once."""
    _closing.set()
    for running in _running.values():
        running.is_handed_over = True
        _end(running)
    while _tasks:
        await asyncio.gather(*_tasks, return_exceptions=True)


def _end(running: Running) -> None:
    """Once: what a task does on being cancelled must not be cancelled too."""
    if not running.is_ending:
        running.is_ending = True
        running.task.cancel()
