"""An outline, section by section as the model names them."""

import json
import uuid
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agents import llm_errors, schedule
from agents.actions.steps import add_section_steps, share_prefix
from agents.answers import PlannedSection, planned_section
from agents.lengths import sections_for
from agents.llm_errors import InvalidAnswer
from agents.models import Chunk, RunPurpose
from agents.prompts import plan_messages, plan_schema
from agents.prompts.schemas import GUIDED_TITLE_CHARACTERS, is_guided
from agents.schedule import Result
from agents.steps.asking import ask_for_items
from agents.turns import write_in_database
from agents.wakes import wake
from agents.work import Work
from writing.actions.sections import add_section, edit_section, set_status
from writing.models import Section, SectionStatus


async def plan(work: Work) -> None:
    """Outline the document; a full run's section steps are made as the plan finishes."""
    outline = Outline(work)
    missing = outline.count - len(outline.made)
    if missing > 0:
        await _ask(work, outline, missing)
    notice = ""
    if len(outline.made) < outline.count:
        notice = _("The outline has %(made)d sections instead of %(count)d.") % {
            "made": len(outline.made),
            "count": outline.count,
        }
    await write_in_database(_finish, work, notice)


async def _ask(work: Work, outline: "Outline", missing: int) -> None:
    model = work.claim.model
    messages = plan_messages(
        work.run,
        work.role,
        missing,
        model=model,
        planned=outline.kept(work.sections),
    )
    schema = plan_schema(missing, work.document, model, planned_count=len(outline.made))
    try:
        await ask_for_items(
            work, messages, "sections", schema=schema, take=outline.complete, peek=outline.open
        )
    except InvalidAnswer:
        if not outline.made:
            raise
    if not outline.made:
        raise llm_errors.invalid(model.provider.label, model.name)


def section_count(work: Work) -> int:
    """As many as were asked for, else what fits the length of the document."""
    if work.run.section_count:
        return work.run.section_count
    return sections_for(work.document.target_words, work.document.kind)


def _finish(work: Work, notice: str) -> None:
    with transaction.atomic(durable=True):
        schedule.require(work.claim)
        if work.run.purpose == RunPurpose.FULL:
            sections = list(Section.objects.present().filter(document=work.document))
            share_prefix(work.run, sections)
            add_section_steps(work.run, sections, after=work.claim.step)
            set_status([section.pk for section in sections], SectionStatus.WAITING)
        [following] = schedule.finish([(work.claim, Result(notice=notice), work.account)]).values()
        wake(following, work.run.priority)


class Outline:
    """The sections made so far, those of earlier attempts included."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.count = section_count(work)
        self.made: list[uuid.UUID] = [
            uuid.UUID(json.loads(saved.text)["section"]) for saved in work.saved
        ]
        self._titles = {section.title.casefold() for section in work.sections}
        self._new: dict[str, Section] = {}
        guided = is_guided(work.document, work.claim.model)
        self._cut_at = GUIDED_TITLE_CHARACTERS if guided else None

    def kept(self, sections: list[Section]) -> list[Section]:
        return [section for section in sections if section.pk in self.made]

    async def open(self, item: dict[str, Any]) -> None:
        """A section appears in the outline as soon as its title is complete: something follows."""
        if len(item) > 1:
            await self._section_of(planned_section(item, cut_at=self._cut_at))

    async def complete(self, item: dict[str, Any]) -> None:
        """The section's item is there with its brief and key points."""
        planned = planned_section(item, cut_at=self._cut_at)
        section = await self._section_of(planned)
        if section and planned and planned.brief and not section.brief:
            await write_in_database(self._describe, section, planned)

    async def _section_of(self, planned: PlannedSection | None) -> Section | None:
        """The new section of this title, which is made where it is not there yet."""
        if planned is None:
            return None
        title = planned.title.casefold()
        if title not in self._titles and len(self.made) < self.count:
            self._titles.add(title)
            section = self._new[title] = await write_in_database(self._add, planned.title)
            self.made.append(section.pk)
        return self._new.get(title)

    def _add(self, title: str) -> Section:
        claim = self._work.claim
        with transaction.atomic(durable=True):
            schedule.require(claim)
            if not claim.attempt.first_token_at:
                claim.attempt.first_token_at = self._work.account.first_token_at
                schedule.began([(claim, self._work.account)])
            section = add_section(
                self._work.document,
                title=title,
                target_words=max(1, self._work.document.target_words // self.count),
            )
            Chunk.objects.create(
                step=claim.step,
                attempt=claim.attempt,
                number=len(self.made) + 1,
                text=json.dumps({"section": str(section.pk), "title": title}, ensure_ascii=False),
            )
        return section

    def _describe(self, section: Section, planned: PlannedSection) -> None:
        with transaction.atomic(durable=True):
            schedule.require(self._work.claim)
            edit_section(section, brief=planned.brief, key_points="\n".join(planned.points))
