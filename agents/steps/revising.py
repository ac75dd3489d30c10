"""Revisions of numbered sentences, each applied, suggested or said in a comment as soon as it is
complete."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from agents.hand import Hand
from agents.models import Output
from agents.save import Row
from agents.steps.suggesting import note, output_of
from agents.work import Work
from writing.actions.review import open_thread
from writing.limits import COMMENT_CHARACTERS, fit
from writing.text.changes import find_sentence, mark_comment, replace_sentence
from writing.text.peer import Peer
from writing.text.proposing import propose_sentence
from writing.text.sentences import Sentence


class Revisions:
    """The revisions made and dropped so far, those of earlier attempts included.

    What a person wrote is revised by suggestion, and so is everything where the step may do no
    more. `judge` gives the reason for which a new text of a sentence is dropped, `why` the one for
    which it is suggested; `also` is what belongs into the transaction of a revision, or of a
    suggestion. `say` puts into a thread that there is what a step says that only comments; without
    it, each sentence gets a thread of its own.
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
        say: Callable[[int, str], Sequence[Row]] | None = None,
    ) -> None:
        self._work = work
        self._hand = hand
        self._sentences = sentences
        self._judge = judge
        self._why = why
        self._also = also
        self._say = say
        self._output = output_of(work)
        self.revised: list[int] = []
        self.suggested: list[int] = []
        self.commented: list[int] = []
        self.dropped: list[dict[str, Any]] = []
        for saved in map(json.loads, (saved.text for saved in work.saved)):
            done = self.suggested if saved.get("suggests") else self.revised
            done = self.commented if saved.get("comments") else done
            done.append(saved["sentence"])
        self._seen = {*self.revised, *self.suggested, *self.commented}

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
        told: dict[str, Any] = {"sentence": number, "text": text}
        if self._output == Output.COMMENT:
            revise, how = self._comment, {"comments": True}
        elif self._output == Output.SUGGEST or sentence.human:
            revise, how = self._suggest, {"suggests": True}
        else:
            revise, how = self._replace, {}
        self._hand.change(
            partial(revise, sentence, text),
            json.dumps(told | how, ensure_ascii=False),
            suggests="suggests" in how,
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

    def _comment(self, sentence: Sentence, text: str, peer: Peer) -> Sequence[Row]:
        if find_sentence(peer.body, sentence) is None:
            return self._drop(sentence)
        self.commented.append(sentence.number)
        words = _("Better so: %(text)s") % {"text": text}
        if self._say:
            return self._say(sentence.number, fit(words, COMMENT_CHARACTERS))
        thread, role = uuid.uuid4(), self._work.role
        mark_comment(peer, sentence, str(thread))
        return [
            partial(
                open_thread,
                self._work.section,
                thread_id=thread,
                quote=sentence.text,
                body=fit(f"{self._why(sentence.number)} {words}", COMMENT_CHARACTERS),
                attempt=self._work.claim.attempt.pk,
                agent_name=role.label,
                agent_tone=role.tone,
                agent_role=role.slug,
                agent_model=self._work.claim.model.name,
            )
        ]

    def _drop(self, sentence: Sentence) -> Sequence[Row]:
        why = _("the sentence was changed meanwhile")
        self.dropped.append({"sentence": sentence.number, "why": why})
        return ()

    @property
    def has_any(self) -> bool:
        return bool(self.revised or self.suggested or self.commented)

    @property
    def result(self) -> dict[str, Any]:
        said: dict[str, Any] = {"revised": self.revised, "dropped": self.dropped}
        said |= {"suggested": self.suggested} if self.suggested else {}
        return said | ({"commented": self.commented} if self.commented else {})

    @property
    def notice(self) -> str:
        """How many revisions were suggested and left out, and why."""
        parts = [part for part in (self._suggestions, self._comments, self._omissions) if part]
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
    def _comments(self) -> str:
        count = len(self.commented)
        said = ngettext(
            "%(count)d change was proposed in a comment: see Review.",
            "%(count)d changes were proposed in comments: see Review.",
            count,
        )
        return said % {"count": count} if count else ""

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
