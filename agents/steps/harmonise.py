"""The last look at the whole document: what is said twice is said once.

The step of the document compares the sections and adds a step for each in which something is to be
rewritten; these ask the model, as an editor's do.
"""

import uuid
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents import schedule
from agents.answers import judge_revision
from agents.hand import Hand
from agents.llm_errors import InvalidAnswer
from agents.models import StageKind, Step, StepState
from agents.prompts import edit_schema, fit_sentences, harmonise_messages
from agents.schedule import ACTIVE, Result
from agents.steps.asking import ask_for_items
from agents.steps.repetition import ALIKE, Pair, Passage, find_repetition, likeness
from agents.steps.revising import Revisions
from agents.steps.tiers import score_of
from agents.turns import write_in_database
from agents.wakes import wake
from agents.work import Work
from writing.access import sections_with_policy
from writing.actions.sections import set_status
from writing.actions.text import body_of
from writing.database import in_database
from writing.models import AgentPolicy, Section, SectionStatus
from writing.text.sentences import Sentence, split


async def find(work: Work) -> None:
    """Compare the sections; the result lists what repeats what, and where it is rewritten."""
    found = await in_database(_compare, work)
    await write_in_database(_finish, work, found)


def _compare(work: Work) -> list[dict[str, Any]]:
    sections = [section for section in work.sections if section.last_seq]
    texts = [split(body_of(section.pk)) for section in sections]
    chains = Step.objects.filter(run=work.run, kind=StageKind.CRITIQUE, state=StepState.FINISHED)
    scores = {step.section_id: score_of(step) for step in chains.order_by("finished_at")}
    ours = {pk for pk in work.run.steps.values_list("section", flat=True) if pk}
    rewritten: set[Passage] = set()
    found = []
    for pair in find_repetition(texts):
        if rewritten & {pair.one, pair.other}:
            continue  # one of them will not stay as it is
        may = [p for p in (pair.one, pair.other) if sections[p.section].pk in ours]
        # What a person wrote can only be suggested to be said otherwise.
        may = [p for p in may if not p.sentence.human] or may
        weaker = min(may, key=partial(_strength, sections, scores)) if may else pair.other
        if may:
            rewritten.add(weaker)
        found.append(_told(pair, weaker, sections, is_rewritten=bool(may)))
    return found


def _strength(
    sections: Sequence[Section], scores: dict[uuid.UUID | None, int | None], passage: Passage
) -> tuple[int, int, int]:
    """By the critic's score, then by length, then by place: who says it first keeps it."""
    score = scores.get(sections[passage.section].pk) or 0
    return score, len(passage.sentence.text), -passage.section


def _told(
    pair: Pair, weaker: Passage, sections: Sequence[Section], *, is_rewritten: bool
) -> dict[str, Any]:
    other = pair.one if weaker == pair.other else pair.other
    return {
        "section": str(sections[weaker.section].pk),
        "text": weaker.sentence.text,
        "other_section": str(sections[other.section].pk),
        "other_title": sections[other.section].title,
        "other_text": other.sentence.text,
        "likeness": pair.likeness,
        "is_rewritten": is_rewritten,
    }


def _finish(work: Work, found: list[dict[str, Any]]) -> None:
    step = work.claim.step
    with transaction.atomic(durable=True):
        schedule.require(work.claim)
        affected = {uuid.UUID(item["section"]) for item in found if item["is_rewritten"]}
        present = Section.objects.present().filter(pk__in=affected)
        present = present.exclude(pk__in=sections_with_policy(AgentPolicy.OFF).values("pk"))
        busy = Step.objects.filter(section__in=affected, state__in=ACTIVE).values("section")
        free = list(present.exclude(pk__in=busy).values_list("pk", flat=True))
        for item in found:
            item["is_rewritten"] = item["is_rewritten"] and uuid.UUID(item["section"]) in free
        Step.objects.bulk_create(
            Step(
                run_id=step.run_id,
                section_id=section_id,
                after=step,
                stage_id=step.stage_id,
                position=step.position,
                kind=step.kind,
                output=step.output,
                role_id=step.role_id,
            )
            for section_id in free
        )
        if free:
            set_status(free, SectionStatus.WAITING)
        result = Result({"found": found}, _notice(found))
        [following] = schedule.finish([(work.claim, result, work.account)]).values()
        wake(following, work.run.priority)


def _notice(found: Sequence[dict[str, Any]]) -> str:
    if not found:
        return _("No section repeats what another one says.")
    return ngettext(
        "%(count)d sentence says what another section says too.",
        "%(count)d sentences say what another section says too.",
        len(found),
    ) % {"count": len(found)}


async def harmonise(work: Work, hand: Hand) -> None:
    """Rewrite the sentences of this section that repeat another one's."""
    before = work.claim.step.after
    found = before.result["found"] if before else []
    model = work.claim.model
    repeats = _still_there(split(hand.peer.body), found, str(work.section.pk))
    # With each sentence goes the one it repeats.
    room = fit_sentences(
        [sentence for sentence, _item in repeats.values()], model.context_tokens // 2
    )
    repeats = {sentence.number: repeats[sentence.number] for sentence in room}
    if not repeats:
        await hand.finish(lambda: Result(notice=_("What was repeated was changed meanwhile.")))
        return

    def judge(sentence: Sentence, text: str) -> str | None:
        if verdict := judge_revision(sentence.text, text):
            return verdict.reason
        if likeness(text, repeats[sentence.number][1]["other_text"]) >= ALIKE:
            return _("it still said the same as the other section")
        return None

    sentences = {number: sentence for number, (sentence, _item) in repeats.items()}

    def why(number: int) -> str:
        other = repeats[number][1]
        return _("“%(title)s” says the same: %(text)s") % {
            "title": other["other_title"],
            "text": other["other_text"],
        }

    revisions = Revisions(work, hand, sentences, judge=judge, why=why)
    messages = harmonise_messages(
        work.run,
        work.role,
        work.section,
        work.sections,
        [
            (sentence, item["other_title"], item["other_text"])
            for sentence, item in repeats.values()
        ],
        model=model,
    )
    try:
        await ask_for_items(
            work,
            messages,
            "revisions",
            schema=edit_schema(list(sentences), work.document, model),
            take=revisions.take,
            on_first_token=hand.begin,
        )
    except InvalidAnswer:
        await hand.flush()
        if not revisions.has_any:
            raise
    await hand.finish(lambda: Result(revisions.result, revisions.notice))


def _still_there(
    sentences: Iterable[Sentence], found: Sequence[dict[str, Any]], section_id: str
) -> dict[int, tuple[Sentence, dict[str, Any]]]:
    """By number, the sentences to be rewritten and what each of them repeats."""
    wanted = {
        item["text"]: item
        for item in found
        if item["section"] == section_id and item["is_rewritten"]
    }
    return {
        sentence.number: (sentence, wanted[sentence.text])
        for sentence in sentences
        if sentence.text in wanted and not sentence.suggested
    }
