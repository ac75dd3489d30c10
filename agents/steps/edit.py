"""An editor's revisions of what agents wrote, each applied as soon as it is complete."""

import json
import uuid
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from agents import schedule
from agents.answers import judge_revision
from agents.hand import Hand, Row
from agents.llm import InvalidAnswer
from agents.prompts import edit_messages, edit_schema
from agents.schedule import Result
from agents.steps.asking import ask_for_items
from agents.steps.rounds import add_round
from agents.work import Work
from writing.actions.review import resolve_by_agent
from writing.text.changes import replace_sentence
from writing.text.peer import Peer
from writing.text.sentences import Sentence


async def edit(work: Work, hand: Hand) -> None:
    """Revise the sentences the critic remarked on; what people wrote is left to them."""
    read = work.claim.step.after.result if work.claim.step.after else {}
    if read.get("is_good_enough"):
        notice = _("The critic gave %(score)d of 10, which is good enough: nothing was revised.")
        await hand.finish(Result(notice=notice % {"score": read["score"]}))
        return
    sentences = [_sentence(fields) for fields in read.get("sentences", [])]
    remarks = {
        remark["sentence"]: remark for remark in read.get("remarks", []) if remark["sentence"]
    }
    open_to_us = {s.number: s for s in sentences if s.number in remarks and not s.human}
    if not open_to_us:
        notice = (
            _("Every remark is about words of a person; the editor leaves them to you.")
            if remarks
            else _("There were no remarks to work from, so nothing was revised.")
        )
        await hand.finish(Result(notice=notice))
        return
    revisions = Revisions(work, hand, open_to_us, remarks)
    try:
        await ask_for_items(
            work,
            edit_messages(
                work.run,
                work.role,
                work.section,
                work.sections,
                list(open_to_us.values()),
                read["messages"],
                read["answer"],
                model=work.claim.model,
            ),
            "revisions",
            schema=edit_schema(list(open_to_us), work.document, work.claim.model),
            take=revisions.take,
            on_first_token=lambda: hand.also(partial(schedule.began, work.claim, work.account)),
        )
    except InvalidAnswer:
        if not revisions.revised:
            raise
    result = {"revised": revisions.revised, "dropped": revisions.dropped}
    # Where nothing was changed, a critic would only read the same again.
    again = (
        [partial(add_round, work.claim.step)] if read["may_repeat"] and revisions.revised else []
    )
    await hand.finish(Result(result, revisions.notice), *again)


def _sentence(fields: dict[str, Any]) -> Sentence:
    return Sentence(**{**fields, "block": tuple(fields["block"])})


class Revisions:
    """The revisions made and dropped so far, those of earlier attempts included."""

    def __init__(
        self,
        work: Work,
        hand: Hand,
        sentences: dict[int, Sentence],
        remarks: dict[int, dict[str, Any]],
    ) -> None:
        self._work = work
        self._hand = hand
        self._sentences = sentences
        self._remarks = remarks
        self.revised: list[int] = [json.loads(saved.text)["sentence"] for saved in work.saved]
        self.dropped: list[dict[str, Any]] = []
        self._seen = set(self.revised)

    async def take(self, item: dict[str, Any]) -> None:
        """Apply the revision, unless it is worse or its sentence is no longer the agents'."""
        number, text = item.get("sentence"), item.get("text")
        if not isinstance(number, int) or not isinstance(text, str) or number in self._seen:
            return
        sentence = self._sentences.get(number)
        if sentence is None:
            return
        self._seen.add(number)
        text = " ".join(text.split())
        remark = self._remarks[number]["remark"]
        if verdict := judge_revision(sentence.text, text, remark):
            self.dropped.append({"sentence": number, "why": verdict.reason})
            return
        await self._hand.change(
            partial(self._replace, sentence, text),
            json.dumps({"sentence": number, "text": text}, ensure_ascii=False),
        )

    def _replace(self, sentence: Sentence, text: str, peer: Peer) -> list[Row]:
        if not replace_sentence(peer, sentence, text, self._work.mark):
            why = _("the sentence was changed meanwhile")
            self.dropped.append({"sentence": sentence.number, "why": why})
            return []
        self.revised.append(sentence.number)
        return [
            partial(
                resolve_by_agent,
                uuid.UUID(self._remarks[sentence.number]["thread"]),
                body=_("Revised."),
                attempt=self._work.claim.attempt.pk,
                agent_name=self._work.role.label,
                agent_tone=self._work.role.tone,
            )
        ]

    @property
    def notice(self) -> str:
        """How many revisions were left out, and why."""
        if not self.dropped:
            return "" if self.revised else _("The editor changed nothing.")
        whys = pgettext("between reasons", ", ").join(
            dict.fromkeys(item["why"] for item in self.dropped)
        )
        return ngettext(
            "%(count)d revision was left out: %(whys)s.",
            "%(count)d revisions were left out: %(whys)s.",
            len(self.dropped),
        ) % {"count": len(self.dropped), "whys": whys}
