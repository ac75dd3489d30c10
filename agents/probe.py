"""Tries a provider out: which models it has, and how soon one of them begins to answer."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress

from django.utils.translation import gettext as _

from agents import llm
from agents import llm_errors as errors
from agents.listing import Report, models_in
from agents.llm_types import FirstToken, Message, ProviderSpec, Request

ANSWER_SECONDS = 45
# A model that thinks first has said nothing by then, but has shown that it works.
MAX_TOKENS = 64
PROMPT: Message = {"role": "user", "content": "Say hello in one word."}


def probe(
    spec: ProviderSpec, candidates: Iterable[str] = (), *, usual: Sequence[str] = ()
) -> Report:
    """Ask the provider for its models, and one of them for a word: the first of the candidates,
    else of the usual ones that it lists, else any that it lists."""
    return asyncio.run(_probe(spec, [name for name in candidates if name], usual))


async def _probe(spec: ProviderSpec, candidates: list[str], usual: Sequence[str]) -> Report:
    report = Report()
    try:
        await _list(spec, report)
        report.tried = _choose(report, candidates, usual)
        if report.tried:
            await _ask(spec, report)
        else:
            report.problem = _no_model(report)
    except llm.LLMError as error:
        report.problem = error.message
    finally:
        await llm.close_clients()
    return report


async def _list(spec: ProviderSpec, report: Report) -> None:
    try:
        answer = await llm.listed(spec)
    except llm.NotThere:
        # Some compatible providers have chat completions and no list.
        report.has_list = False
        return
    models = models_in(answer)
    if models is None:
        raise errors.not_compatible(spec.name)
    report.models = models


def _choose(report: Report, candidates: list[str], usual: Sequence[str]) -> str:
    names = [model.name for model in report.models if model.writes]
    chosen = candidates or [name for name in usual if name in names or not report.has_list] or names
    return chosen[0] if chosen else ""


def _no_model(report: Report) -> str:
    if report.has_list:
        return _("The provider answers, but lists no model that writes: load or fetch one there.")
    return _(
        "The address answers, but without a list of models. Check it: for most providers it ends "
        "in /v1. If it is right, enter the name of a model under Model to try, and test again."
    )


async def _ask(spec: ProviderSpec, report: Report) -> None:
    request = Request(spec, report.tried, [PROMPT], MAX_TOKENS)
    events = llm.stream(request, deadline_seconds=ANSWER_SECONDS, idle_seconds=ANSWER_SECONDS)
    with suppress(errors.ThoughtTooLong):  # it works all the same
        async with aclosing(events):
            async for event in events:
                if isinstance(event, FirstToken):
                    report.first_token_seconds = event.seconds
                    return
