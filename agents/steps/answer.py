"""A role answers in a thread in which a person called it.

The answer grows in the thread, a checkpoint with every piece, so that the next attempt goes on
where one is interrupted. The text is left alone: sentences that the answer rewrites are suggested,
in the transaction in which it ends.
"""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from agents import llm, llm_errors
from agents.answers import Cleaner, Seam, judge_revision, proposals_in, talk_of
from agents.calls import Question
from agents.hand import Hand
from agents.models import Model, Step
from agents.prompts import Conversation, answer_messages, fit_around
from agents.save import Row
from agents.schedule import Result
from agents.steps.suggesting import note
from agents.work import Work
from writing.actions.review import answer_so_far, finish_answer
from writing.database import in_database
from writing.limits import COMMENT_CHARACTERS, fit
from writing.mentions import plain_body
from writing.models import Comment, CommentState
from writing.people import identity_of
from writing.text.peer import Peer
from writing.text.proposing import propose_sentence
from writing.text.sentences import Sentence, split

# The thread is shown anew with each piece: as often as one can read along.
PIECE_SECONDS = 0.6
MOST_TOKENS = 800
MOST_TOKENS_OF_A_SMALL_MODEL = 120


async def answer(work: Work, hand: Hand) -> None:
    """Read the section and the thread, and answer who asked."""
    model = work.claim.model
    asked = await in_database(_read, work.claim.step)
    comment = asked.comment
    said = "".join(saved.text for saved in work.saved)
    is_small = model.tier == Model.Tier.SMALL
    sentences = fit_around(split(hand.peer.body), asked.quote, model.context_tokens)
    question = Question(
        work,
        answer_messages(
            work.run,
            work.role,
            work.section,
            work.sections,
            sentences,
            asked,
            model=model,
            written=said,
        ),
        max_tokens=MOST_TOKENS_OF_A_SMALL_MODEL if is_small else MOST_TOKENS,
        on_first_token=hand.begin,
    )
    cleaner, seam = Cleaner(work.section.title), Seam(said)
    waiting, loop = "", asyncio.get_running_loop()
    due_at, timer = loop.time(), None

    def keep(piece: str) -> None:
        nonlocal said
        said += piece
        row = partial(
            answer_so_far,
            comment,
            body=fit(talk_of(said, is_whole=False), COMMENT_CHARACTERS),
            attempt=work.claim.attempt.pk,
            agent_model=model.name,
        )
        hand.change(lambda _peer: [row], piece)

    def keep_waiting() -> None:
        # Also where nothing follows for a while: people read along.
        nonlocal waiting, due_at, timer
        piece, waiting = waiting, ""
        due_at, timer = loop.time() + PIECE_SECONDS, None
        if not hand.is_abandoned:
            keep(piece)

    try:
        async with aclosing(question.answer()) as pieces:
            async for piece in pieces:
                waiting += seam.feed(cleaner.feed(piece))
                if waiting.strip() and timer is None:
                    timer = loop.call_at(due_at, keep_waiting)
            waiting += seam.feed(cleaner.finish())
    except llm.EmptyAnswer:
        # An earlier attempt may have been interrupted between its last word and its end.
        if not said.strip():
            raise
    finally:
        if timer:
            timer.cancel()
        # What was paid for is kept, whatever ends this attempt.
        if waiting := waiting + seam.finish():
            keep(waiting)
    if not said.strip():
        raise llm_errors.empty(model.provider.label, model.name)
    proposing = Proposing(work, {s.number: s for s in sentences}, reason=asked.said[-1][1])
    for number, text in proposals_in(said).items():
        hand.change(partial(proposing.propose, number, text), "", suggests=True)
    await hand.finish(
        lambda: Result(before=[partial(finish_answer, comment, body=proposing.body(said))])
    )


class Proposing:
    """Suggests what an answer rewrites; `reason` is what a person asked for."""

    def __init__(self, work: Work, sentences: dict[int, Sentence], *, reason: str) -> None:
        self._work, self._sentences, self._reason = work, sentences, reason
        self._suggested = 0
        self._left: list[str] = []

    def propose(self, number: int, text: str, peer: Peer) -> Sequence[Row]:
        """Suggest it, or leave it in the answer where it cannot be."""
        sentence, mark = self._sentences.get(number), str(uuid.uuid4())
        if (
            sentence is None
            or judge_revision(sentence.text, text)
            or not propose_sentence(peer, sentence, text, mark=self._work.mark, suggestion_id=mark)
        ):
            self._left.append(text)
            return ()
        self._suggested += 1
        return note(self._work, mark, old=sentence.text, new=text, reason=self._reason)

    def body(self, said: str) -> str:
        """The comment: what was said, what could not be suggested, and that something was."""
        parts = [talk_of(said), *self._left]
        if self._suggested:
            parts.append(_("Suggested other words."))
        return fit("\n\n".join(filter(None, parts)), COMMENT_CHARACTERS)


@dataclass(frozen=True)
class Asked(Conversation):
    """With the comment that is to be filled."""

    comment: Comment


def _read(step: Step) -> Asked:
    """The thread up to the question; what others are still to answer is left out."""
    if step.comment_id is None:
        raise ValueError("an answer has a comment to fill")
    comment = Comment.objects.select_related("thread__section").get(pk=step.comment_id)
    before = comment.thread.comments.filter(pk__lt=comment.pk, state=CommentState.SAID)
    said = [
        (identity_of(each.user)["name"] if each.user else each.agent_name, plain_body(each))
        for each in before.select_related("user").prefetch_related("mentions__user")
    ]
    return Asked(quote=comment.thread.quote, said=said, comment=comment)
