"""A claimed step together with what a worker needs to do it."""

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from agents.claims import claim, find
from agents.gathering import Gathering
from agents.models import Call, Chunk, Model, Role, Run, RunPriority
from agents.schedule import Account, Claim
from agents.turns import write_in_database
from writing.actions.text import load_logs
from writing.database import in_database
from writing.models import Document, Section


@dataclass(frozen=True)
class Saved:
    """A piece of an earlier attempt's answer that is already in the text."""

    attempt_id: uuid.UUID
    text: str


@dataclass
class Work:
    """One attempt at a step. `seq` and `updates` are the section's text when it was claimed."""

    claim: Claim
    sections: list[Section]
    saved: list[Saved]
    seq: int = 0
    updates: list[bytes] = field(default_factory=list)
    account: Account = field(default_factory=Account)
    gathering: Gathering = field(default_factory=Gathering)

    @property
    def run(self) -> Run:
        return self.claim.step.run

    @property
    def document(self) -> Document:
        return self.claim.step.run.document

    @property
    def role(self) -> Role:
        return self.claim.step.role

    @property
    def model(self) -> Model:
        return self.claim.model

    @property
    def is_batch(self) -> bool:
        return self.run.priority == RunPriority.BATCH

    def new_call(self) -> Call:
        claim = self.claim
        return Call(run=self.run, attempt=claim.attempt, model=claim.model, **claim.step.counts_for)

    @property
    def section(self) -> Section:
        section = self.claim.step.section
        if section is None:
            raise ValueError("a step of the document has no section")
        return section

    @property
    def mark(self) -> dict[str, str | int]:
        """The `agent` mark of what this attempt writes."""
        return {"attempt": str(self.claim.attempt.pk), "tone": self.role.tone}


class _Desk:
    """Gathers what one event loop asks for: what comes while a claim is under way shares the next,
    so that many sections that begin at once cost one transaction."""

    def __init__(self) -> None:
        self._waiting: dict[uuid.UUID, asyncio.Future[Work | None]] = {}
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def ask(self, step_id: uuid.UUID) -> "asyncio.Future[Work | None] | None":
        if step_id in self._waiting:
            return None
        future = self._waiting[step_id] = asyncio.get_running_loop().create_future()
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._take())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return future

    async def _take(self) -> None:
        async with self._one_at_a_time:
            asked, self._waiting = self._waiting, {}
            works: dict[uuid.UUID, Work] = {}
            failure: Exception | None = None
            try:
                if found := await in_database(find, list(asked)):
                    claims = await write_in_database(claim, found)
                    works = await in_database(load, claims)
            except Exception as error:  # noqa: BLE001 (told to everyone who asked)
                failure = error
        for step_id, future in asked.items():
            if future.done():  # who asked has left; the lease of what was claimed runs out
                continue
            if failure:
                future.set_exception(failure)
            else:
                future.set_result(works.get(step_id))


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] = WeakKeyDictionary()


async def take(step_id: uuid.UUID) -> Work | None:
    """Claim the step and load what it needs; None if there is nothing to take."""
    future = _desks.setdefault(asyncio.get_running_loop(), _Desk()).ask(step_id)
    return await future if future else None


def load(
    claims: Sequence[Claim], texts: Mapping[uuid.UUID, tuple[int, list[bytes]]] | None = None
) -> dict[uuid.UUID, Work]:
    """By step, what each of these claims needs; as many queries for one as for many.

    `texts` are the sections whose text is known: the newest sequence number and the updates.
    """
    if not claims:
        return {}
    documents = {held.step.run.document_id for held in claims}
    sections: dict[uuid.UUID, list[Section]] = defaultdict(list)
    for section in Section.objects.present().filter(document__in=documents):
        sections[section.document_id].append(section)
    saved: dict[uuid.UUID, list[Saved]] = defaultdict(list)
    if again := [held.step.pk for held in claims if held.attempt.number > 1]:
        chunks = Chunk.objects.filter(step__in=again).order_by("number")
        for step_id, attempt_id, text in chunks.values_list("step", "attempt_id", "text"):
            saved[step_id].append(Saved(attempt_id, text))
    # Who begins with an empty section hears from the flusher what was typed since.
    logs = dict(texts or {})
    begun = {h.step.section_id for h in claims if h.step.section and h.step.section.last_seq}
    if unknown := begun - logs.keys():
        logs |= load_logs([pk for pk in unknown if pk])
    works = {}
    for held in claims:
        step, all_sections = held.step, list(sections[held.step.run.document_id])
        # A step that was read ahead knows its section as it was then.
        step.section = next((s for s in all_sections if s.pk == step.section_id), step.section)
        seq, updates = logs.get(step.section_id, (0, [])) if step.section_id else (0, [])
        works[step.pk] = Work(held, all_sections, saved[step.pk], seq, updates)
    return works
