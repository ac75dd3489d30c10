"""Revisions of numbered sentences, each applied as soon as it is complete."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from agents.hand import Hand
from agents.save import Row
from agents.work import Work
from writing.text.changes import replace_sentence
from writing.text.peer import Peer
from writing.text.sentences import Sentence


class Revisions:
    """The revisions made and dropped so far, those of earlier attempts included.

    `judge` gives the reason for which a new text of a sentence is dropped; `also` is what belongs
    into the transaction of a revision.
    """

    def __init__(
        self,
        work: Work,
        hand: Hand,
        sentences: Mapping[int, Sentence],
        *,
        judge: Callable[[Sentence, str], str | None],
        also: Callable[[int], Sequence[Row]] = lambda number: (),
    ) -> None:
        self._work = work
        self._hand = hand
        self._sentences = sentences
        self._judge = judge
        self._also = also
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
        if reason := self._judge(sentence, text):
            self.dropped.append({"sentence": number, "why": reason})
            return
        self._hand.change(
            partial(self._replace, sentence, text),
            json.dumps({"sentence": number, "text": text}, ensure_ascii=False),
        )

    def _replace(self, sentence: Sentence, text: str, peer: Peer) -> Sequence[Row]:
        if not replace_sentence(peer, sentence, text, self._work.mark):
            why = _("the sentence was changed meanwhile")
            self.dropped.append({"sentence": sentence.number, "why": why})
            return ()
        self.revised.append(sentence.number)
        return self._also(sentence.number)

    @property
    def result(self) -> dict[str, Any]:
        return {"revised": self.revised, "dropped": self.dropped}

    @property
    def notice(self) -> str:
        """How many revisions were left out, and why."""
        if not self.dropped:
            return "" if self.revised else _("Nothing was changed.")
        whys = pgettext("between reasons", ", ").join(
            dict.fromkeys(item["why"] for item in self.dropped)
        )
        return ngettext(
            "%(count)d revision was left out: %(whys)s.",
            "%(count)d revisions were left out: %(whys)s.",
            len(self.dropped),
        ) % {"count": len(self.dropped), "whys": whys}
