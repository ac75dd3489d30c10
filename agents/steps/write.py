"""A section's text, typed into the manuscript as the model produces it; suggested as a whole where
agents may not write."""

import re
from contextlib import aclosing
from functools import partial

from django.utils.translation import gettext as _

from agents import llm
from agents.answers import Cleaner, Seam
from agents.calls import Question
from agents.hand import Hand
from agents.models import Model
from agents.prompts import write_messages
from agents.schedule import Result
from agents.steps.suggesting import only_suggests, suggest_draft
from agents.work import Work
from writing.actions.review import resolve_agents_threads
from writing.actions.text import take_version
from writing.text.changes import remove_agent_text
from writing.text.output import words_in
from writing.text.pen import Pen

# A small model does not stop by itself in time: it is stopped where a sentence ends beyond this
# share of the target, at the latest after so many tokens.
ENOUGH = 1.1
TOKENS_PER_WORD = 2
TOKENS_TO_SPARE = 100
SENTENCE_ENDS = (".", "!", "?", "。", "！", "？")
SENTENCES = re.compile(r"(?<=[.!?。！？])")
# Of the target: from here on a text whose writer has nothing to add is taken for complete.
COMPLETE = 0.8


async def write(work: Work, hand: Hand) -> None:
    """Write the section, or go on where earlier attempts of this step were interrupted."""
    written = "".join(saved.text for saved in work.saved)
    suggests = only_suggests(work)
    if written and not suggests:
        earlier = {str(saved.attempt_id) for saved in work.saved}
        hand.pen = Pen(hand.peer, work.mark, written=written, tail_attempts=earlier)
    model = work.claim.model
    question = Question(
        work,
        write_messages(
            work.run,
            work.role,
            work.section,
            work.sections,
            model=model,
            written=written,
        ),
        max_tokens=(
            work.section.target_words * TOKENS_PER_WORD + TOKENS_TO_SPARE
            if model.tier == Model.Tier.SMALL
            else None
        ),
        on_first_token=hand.begin if suggests else partial(_begin, work, hand),
    )
    put = hand.keep if suggests else hand.write
    cleaner, seam = Cleaner(work.section.title), Seam(written)
    is_small, enough = model.tier == Model.Tier.SMALL, work.section.target_words * ENOUGH
    said, is_over = written, False
    try:
        async with aclosing(question.answer()) as pieces:
            async for piece in pieces:
                for part in SENTENCES.split(piece) if is_small else (piece,):
                    text = seam.feed(cleaner.feed(part))
                    put(text)
                    said += text
                    # Not asked of others: it takes longer the more they have said.
                    is_over = is_small and _is_whole(said) and words_in(said) > enough
                    if is_over:
                        break
                if is_over:
                    break
            else:
                text = seam.feed(cleaner.finish())
                put(text)
                said += text
    except llm.EmptyAnswer:
        if not _is_complete(work, written):
            raise
    text = seam.finish()
    put(text)
    notice = ""
    if suggests:
        hand.change(partial(suggest_draft, work, said + text), "", suggests=True)
        notice = _("Agents only suggest here: the draft waits in Review.")
    if question.reason == "length":
        notice = " ".join(
            [notice, _("The text was cut off at the limit of tokens in an answer.")]
        ).strip()
    await hand.finish(lambda: Result(notice=notice))


def _is_complete(work: Work, written: str) -> bool:
    """Whether an earlier attempt may have been interrupted between its last word and its end."""
    return _is_whole(written) and words_in(written) >= work.section.target_words * COMPLETE


def _is_whole(text: str) -> bool:
    return text.rstrip().endswith(SENTENCE_ENDS)


def _begin(work: Work, hand: Hand) -> None:
    hand.begin()
    if hand.pen is None:
        _clear(work, hand)
        hand.pen = Pen(hand.peer, work.mark)


def _clear(work: Work, hand: Hand) -> None:
    """Make room for a fresh draft: what agents wrote before goes, what people wrote stays."""
    remove_agent_text(hand.peer)
    if update := hand.peer.take():
        reason = _("Before it was drafted again")
        hand.put(update, partial(take_version, work.section, reason))
        hand.also(partial(resolve_agents_threads, work.section))
