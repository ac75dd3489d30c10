"""Trying a role: one call to a model, streamed to who asks, in the ledger like any other."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import budget, llm, money
from agents.calls import Question
from agents.gathering import Gathering
from agents.models import Call, Model, Role, Trial
from agents.samples import Sample, question_for
from agents.schedule import Account
from agents.turns import write_in_database


class Said(TypedDict):
    """Text as it comes; at the end figures in words; or what went wrong."""

    kind: Literal["text", "end", "error"]
    text: str


@dataclass
class Trying:
    """Who asks: see `agents.calls.Asker`."""

    trial: Trial
    role: Role
    model: Model
    account: Account = field(default_factory=Account)
    gathering: Gathering = field(default_factory=Gathering)
    is_batch: bool = False

    def new_call(self) -> Call:
        trial = self.trial
        return Call(trial=trial, model=self.model, role=trial.role, user=trial.created_by)


async def answer_to(
    trial: Trial, role: Role, model: Model, sample: Sample
) -> AsyncGenerator[Said, None]:
    """Asks the role as it is to be tried, which need not be how it is saved. Whoever stops reading
    must close the iterator: the connection to the provider closes with it, and what was read is
    paid for."""
    trying = Trying(trial, role, model)
    messages, schema = question_for(role, model, sample)
    question = Question(trying, messages, schema=schema, on_first_token=lambda: None)
    error = ""
    try:
        async with aclosing(question.answer()) as pieces:
            async for piece in pieces:
                yield Said(kind="text", text=piece)
    except llm.LLMError as failure:
        error = failure.message
    finally:
        await write_in_database(_end, trying, error)
    if error:
        yield Said(kind="error", text=error)
    else:
        yield Said(kind="end", text=_figures(trying.account.calls[0], question.reason))


def _end(trying: Trying, error: str) -> None:
    trial, account = trying.trial, trying.account
    trial.messages, trial.answer, trial.error = account.messages, account.answer, error
    trial.ended_at = timezone.now()
    with transaction.atomic(durable=True):
        budget.settle(account.calls)
        trial.save()


def _figures(call: Call, reason: str | None) -> str:
    said = [
        _("First token after %(first)s s, all after %(all)s s")
        % {"first": f"{call.first_token_seconds or 0:.1f}", "all": f"{call.seconds:.1f}"},
        _("%(read)d tokens read, %(written)d written")
        % {"read": call.prompt_tokens, "written": call.completion_tokens},
    ]
    if call.cost:
        said.append(money.in_words(call.cost))
    if reason == "length":
        said.append(_("The text was cut off at the limit of tokens in an answer."))
    return " · ".join(said)
