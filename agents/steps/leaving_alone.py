"""Steps that change text leave a section alone in which agents may only remark."""

from collections.abc import Awaitable, Callable
from functools import wraps

from django.utils.translation import gettext as _

from agents.hand import Hand
from agents.schedule import Result
from agents.work import Work
from writing.access import policy_of
from writing.models import AgentPolicy

SectionStep = Callable[[Work, Hand], Awaitable[None]]


def where_free(step: SectionStep) -> SectionStep:
    @wraps(step)
    async def done(work: Work, hand: Hand) -> None:
        if policy_of(work.section, work.document) == AgentPolicy.FREE:
            await step(work, hand)
            return
        notice = _("Agents may only remark on this section, so its text was left alone.")
        await hand.finish(lambda: Result(notice=notice))

    return done
