"""A critic's remarks, each a comment on the sentence it means as soon as it is complete."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from agents.answers import read_critique
from agents.hand import Hand
from agents.llm_errors import InvalidAnswer
from agents.prompts import SEVERITIES, critique_messages, critique_schema, fit_sentences
from agents.save import Row
from agents.schedule import Result
from agents.steps.asking import ask_for_items
from agents.steps.rounds import is_good_enough, may_repeat
from agents.work import Work
from writing.actions.review import open_thread
from writing.limits import COMMENT_CHARACTERS, fit
from writing.models import Severity
from writing.text.changes import mark_comment
from writing.text.peer import Peer
from writing.text.sentences import Sentence, split


async def critique(work: Work, hand: Hand) -> None:
    """Read the section and comment on it. The result lists sentences, remarks and threads, and
    says what an editor needs to know of the stage."""
    model = work.claim.model
    sentences = fit_sentences(split(hand.peer.body), model.context_tokens)
    if not sentences:
        await hand.finish(lambda: Result(notice=_("There was no text to read.")))
        return
    messages = critique_messages(
        work.run, work.role, work.section, work.sections, sentences, model=model
    )
    remarks = Remarks(work, hand, sentences)
    stage = work.claim.step.stage
    threshold = stage.threshold if stage else None
    score = None
    try:
        answer = await ask_for_items(
            work,
            messages,
            "remarks",
            schema=critique_schema(len(sentences), work.document, model),
            take=remarks.take,
            needs=("score",) if threshold else (),
            on_first_token=hand.begin,
        )
        score = read_critique(answer, remarks.numbers).score
    except InvalidAnswer:
        if not remarks.made:
            raise
    result = {
        "sentences": [asdict(sentence) for sentence in sentences],
        "remarks": remarks.made,
        "score": score,
        "is_good_enough": is_good_enough(work.claim.step, score),
        "may_repeat": may_repeat(work.claim.step),
        "messages": messages,
        "answer": json.dumps({"remarks": remarks.told, "score": score}, ensure_ascii=False),
    }
    notice = "" if remarks.made else _("The critic had no remarks.")
    await hand.finish(lambda: Result(result, notice))


class Remarks:
    """The remarks made so far, those of earlier attempts included."""

    def __init__(self, work: Work, hand: Hand, sentences: Sequence[Sentence]) -> None:
        self._work = work
        self._hand = hand
        self._sentences = {sentence.number: sentence for sentence in sentences}
        self.numbers = set(self._sentences)
        # Numbers may have changed since an earlier attempt; the sentence itself says which it is.
        by_text = {sentence.text: sentence.number for sentence in sentences}
        self.made: list[dict[str, Any]] = []
        for saved in work.saved:
            remark = json.loads(saved.text)
            number = by_text.get(remark["text"], 0)
            self.made.append({**remark, "sentence": number})

    @property
    def told(self) -> list[dict[str, Any]]:
        """As the model itself would have answered."""
        names = ("sentence", "remark", "severity")
        return [{name: remark[name] for name in names if name in remark} for remark in self.made]

    async def take(self, item: dict[str, Any]) -> None:
        """Anchor the remark, unless its sentence does not exist or it was made before."""
        number, said = item.get("sentence"), item.get("remark")
        if not isinstance(number, int) or not isinstance(said, str):
            return
        said = fit(said, COMMENT_CHARACTERS)
        sentence = self._sentences.get(number)
        is_known = any(
            remark["sentence"] == number or remark["remark"].casefold() == said.casefold()
            for remark in self.made
        )
        if sentence is None or not said or is_known:
            return
        remark = {
            "sentence": number,
            "text": sentence.text,
            "remark": said,
            "thread": str(uuid.uuid4()),
        }
        if item.get("severity") in SEVERITIES:
            remark["severity"] = item["severity"]
        self.made.append(remark)
        self._hand.change(
            partial(self._anchor, sentence, remark), json.dumps(remark, ensure_ascii=False)
        )

    def _anchor(self, sentence: Sentence, remark: dict[str, Any], peer: Peer) -> list[Row]:
        quote = mark_comment(peer, sentence, remark["thread"])
        said = remark.get("severity")
        return [
            partial(
                open_thread,
                self._work.section,
                thread_id=uuid.UUID(remark["thread"]),
                quote=quote or sentence.text,
                body=remark["remark"],
                attempt=self._work.claim.attempt.pk,
                agent_name=self._work.role.label,
                agent_tone=self._work.role.tone,
                agent_role=self._work.role.slug,
                agent_model=self._work.claim.model.name,
                severity=Severity(SEVERITIES.index(said) + 1) if said else Severity.UNSAID,
            )
        ]
