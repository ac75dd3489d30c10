"""Structured answers: their items as they come, and one chance to mend what cannot be read."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agents import llm_errors
from agents.answers import PartialItems, complaint_about
from agents.calls import Question
from agents.llm_types import Message
from agents.prompts import repair_messages
from agents.work import Work

Item = dict[str, Any]


async def ask_for_items(
    work: Work,
    messages: Sequence[Message],
    key: str,
    *,
    schema: Mapping[str, Any],
    take: Callable[[Item], Awaitable[None]],
    peek: Callable[[Item], Awaitable[None]] | None = None,
    needs: Sequence[str] = (),
    on_first_token: Callable[[], None] = lambda: None,
) -> str:
    """Give each object of the answer's array `key` to `take` once it is complete, and what there
    is of the next to `peek`; gives the answer.

    A model whose answer cannot be read, or lacks one of `needs`, is shown the answer and what is
    wrong with it. What it says then is taken too, so `take` leaves out what it had before. Raises
    InvalidAnswer if that cannot be read either.
    """
    asked = list(messages)
    for is_last in (False, True):
        question = Question(work, asked, schema=schema, on_first_token=on_first_token)
        items, answer, count = PartialItems(key), "", 0
        async with aclosing(question.answer()) as pieces:
            async for piece in pieces:
                answer += piece
                for item in items.feed(piece):
                    count += 1
                    await take(item)
                if peek and items.partial:
                    await peek(items.partial)
        complaint = complaint_about(answer, key, needs=needs, may_break_off=count > 0)
        if complaint is None:
            return answer
        if not is_last:
            asked = repair_messages(messages, answer, complaint, work.run, work.claim.model)
    model = work.claim.model
    raise llm_errors.invalid(model.provider.label, model.name)
