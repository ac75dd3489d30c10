"""An editor's revisions, each applied as soon as it is complete, or suggested where a person wrote
the sentence."""

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from agents.answers import judge_revision
from agents.hand import Hand
from agents.llm_errors import InvalidAnswer
from agents.prompts import edit_messages, edit_schema
from agents.save import Row
from agents.schedule import Result
from agents.steps.asking import ask_for_items
from agents.steps.revising import Revisions
from agents.steps.rounds import add_round
from agents.work import Work
from writing.actions.review import reply_by_agent, resolve_by_agent
from writing.text.sentences import Sentence


async def edit(work: Work, hand: Hand) -> None:
    """Revise the sentences the critic remarked on; what people wrote is theirs to decide on."""
    read = work.claim.step.after.result if work.claim.step.after else {}
    if read.get("is_good_enough"):
        good_enough = _(
            "The critic gave %(score)d of 10, which is good enough: nothing was revised."
        )
        await hand.finish(lambda: Result(notice=good_enough % {"score": read["score"]}))
        return
    sentences = [_sentence(fields) for fields in read.get("sentences", [])]
    remarks = {
        remark["sentence"]: remark for remark in read.get("remarks", []) if remark["sentence"]
    }
    open_to_us = {s.number: s for s in sentences if s.number in remarks and not s.suggested}
    if not open_to_us:
        notice = (
            _("Every remark is about words for which others are suggested already: see Review.")
            if remarks
            else _("There were no remarks to work from, so nothing was revised.")
        )
        await hand.finish(lambda: Result(notice=notice))
        return

    def judge(sentence: Sentence, text: str) -> str | None:
        verdict = judge_revision(sentence.text, text, remarks[sentence.number]["remark"])
        return verdict.reason if verdict else None

    revisions = Revisions(
        work,
        hand,
        open_to_us,
        judge=judge,
        why=lambda number: str(remarks[number]["remark"]),
        also=lambda number, is_suggested: _answer(
            work,
            uuid.UUID(remarks[number]["thread"]),
            _("Suggested other words.") if is_suggested else _("Revised."),
        ),
        say=lambda number, words: _answer(
            work, uuid.UUID(remarks[number]["thread"]), words, is_done=False
        ),
    )
    messages = edit_messages(
        work.run,
        work.role,
        work.section,
        work.sections,
        list(open_to_us.values()),
        read["messages"],
        read["answer"],
        model=work.claim.model,
    )
    try:
        await ask_for_items(
            work,
            messages,
            "revisions",
            schema=edit_schema(list(open_to_us), work.document, work.claim.model),
            take=revisions.take,
            on_first_token=hand.begin,
        )
    except InvalidAnswer:
        await hand.flush()
        if not revisions.has_any:
            raise

    def result() -> Result:
        # Where nothing was changed, a critic would only read the same again.
        is_repeated = read["may_repeat"] and revisions.revised
        again = [partial(add_round, work.claim.step)] if is_repeated else []
        return Result(revisions.result, revisions.notice, again)

    await hand.finish(result)


def _sentence(fields: dict[str, Any]) -> Sentence:
    return Sentence(**{**fields, "block": tuple(fields["block"])})


def _answer(work: Work, thread_id: uuid.UUID, said: str, *, is_done: bool = True) -> Sequence[Row]:
    return [
        partial(
            resolve_by_agent if is_done else reply_by_agent,
            thread_id,
            document_id=work.document.pk,
            body=said,
            attempt=work.claim.attempt.pk,
            agent_name=work.role.label,
            agent_tone=work.role.tone,
            agent_role=work.role.slug,
            agent_model=work.claim.model.name,
        )
    ]
