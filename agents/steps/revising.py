"""Revisions of numbered sentences, each applied or suggested as soon as it is complete."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from agents.hand import Hand
from agents.save import Row
from agents.steps.suggesting import note, only_suggests
from agents.work import Work
from writing.text.changes import replace_sentence
from writing.text.peer import Peer
from writing.text.proposing import propose_sentence
from writing.text.sentences import Sentence


class Revisions:
    """The revisions made and dropped so far, those of earlier attempts included.

    What a person wrote is revised by suggestion, and so is everything where the step may do no
    more. `judge` gives the reason for which a new text of a sentence is dropped, `why` the one for
    which it is suggested; `also` is what belongs into the transaction of a revision, or of a
    suggestion.
    """

    def __init__(
        self,
        work: Work,
        hand: Hand,
        sentences: Mapping[int, Sentence],
        *,
        judge: Callable[[Sentence, str], str | None],
        why: Callable[[int], str],
        also: Callable[[int, bool], Sequence[Row]] = lambda number, is_suggested: (),
    ) -> None:
        self._work = work
        self._hand = hand
        self._sentences = sentences
        self._judge = judge
        self._why = why
        self._also = also
        self._only_suggests = only_suggests(work)
        self.revised: list[int] = []
        self.suggested: list[int] = []
        self.dropped: list[dict[str, Any]] = []
        for saved in map(json.loads, (saved.text for saved in work.saved)):
            done = self.suggested if saved.get("suggests") else self.revised
            done.append(saved["sentence"])
        self._seen = {*self.revised, *self.suggested}

    async def take(self, item: dict[str, Any]) -> None:
        """Apply or suggest the revision, unless it is worse or its sentence has changed."""
        number, text = item.get("sentence"), item.get("text")
        if not isinstance(number, int) or not isinstance(text, str) or number in self._seen:
            return
        sentence = self._sentences.get(number)
        if sentence is None:
            return
        self._seen.add(number)
        text = " ".join(text.split())
        if reason := self._judge(sentence, text):
            self.dropped.append({"sentence": number, "why": reason})
            return
        suggests = self._only_suggests or sentence.human
        told = {"sentence": number, "text": text} | ({"suggests": True} if suggests else {})
        revise = self._suggest if suggests else self._replace
        self._hand.change(
            partial(revise, sentence, text),
            json.dumps(told, ensure_ascii=False),
            suggests=suggests,
        )

    def _replace(self, sentence: Sentence, text: str, peer: Peer) -> Sequence[Row]:
        if not replace_sentence(peer, sentence, text, self._work.mark):
            return self._drop(sentence)
        self.revised.append(sentence.number)
        return self._also(sentence.number, False)

    def _suggest(self, sentence: Sentence, text: str, peer: Peer) -> Sequence[Row]:
        mark = str(uuid.uuid4())
        if not propose_sentence(peer, sentence, text, mark=self._work.mark, suggestion_id=mark):
            return self._drop(sentence)
        self.suggested.append(sentence.number)
        reason = self._why(sentence.number)
        row = note(self._work, mark, old=sentence.text, new=text, reason=reason)
        return [*row, *self._also(sentence.number, True)]

    def _drop(self, sentence: Sentence) -> Sequence[Row]:
        why = _("the sentence was changed meanwhile")
        self.dropped.append({"sentence": sentence.number, "why": why})
        return ()

    @property
    def result(self) -> dict[str, Any]:
        said: dict[str, Any] = {"revised": self.revised, "dropped": self.dropped}
        return said | ({"suggested": self.suggested} if self.suggested else {})

    @property
    def notice(self) -> str:
        """How many revisions were suggested and left out, and why."""
        parts = [part for part in (self._suggestions, self._omissions) if part]
        if not parts and not self.revised:
            return _("Nothing was changed.")
        return " ".join(parts)

    @property
    def _suggestions(self) -> str:
        count = len(self.suggested)
        return (
            ngettext(
                "%(count)d change was suggested: see Review.",
                "%(count)d changes were suggested: see Review.",
                count,
            )
            % {"count": count}
            if count
            else ""
        )

    @property
    def _omissions(self) -> str:
        if not self.dropped:
            return ""
        whys = pgettext("between reasons", ", ").join(
            dict.fromkeys(item["why"] for item in self.dropped)
        )
        return ngettext(
            "%(count)d revision was left out: %(whys)s.",
            "%(count)d revisions were left out: %(whys)s.",
            len(self.dropped),
        ) % {"count": len(self.dropped), "whys": whys}
