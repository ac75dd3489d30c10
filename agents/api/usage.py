"""What the agents' work cost and how well it went, of one's own documents."""

import re
from dataclasses import asdict
from datetime import date, timedelta
from typing import Annotated, Any

from django.conf import settings
from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import BeforeValidator, Field

from agents.access import usage_visible_to
from agents.api.fields import Amount
from agents.budget import room_of
from agents.models import BudgetScope
from agents.models.counted import today
from agents.usage import counting, tables
from agents.usage.counting import Dimension
from agents.usage.figures import Figures
from agents.usage.periods import Period
from writing.api.auth import ApiRequest, Token
from writing.api.paging import Page, PageQuery
from writing.api.problems import answers
from writing.exceptions import InvalidInput
from writing.models import TokenScope

router = Router(tags=["Usage"])
USUAL_DAYS = 30
EARLIEST = date(2020, 1, 1)


def _day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("Enter a day such as 2026-01-31.")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(_day)]


class UsageQuery(PageQuery):
    first: Day | None = Field(
        default=None, description=f"Left out: so that the period has {USUAL_DAYS} days."
    )
    last: Day | None = Field(default=None, description="Left out: today. Days are UTC's.")
    by: Dimension = Field(
        default=Dimension.DOCUMENT, description="What the rows are told apart by."
    )


class FiguresOut(Schema):
    calls: int
    cost: Amount
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    attempts: int
    failures: int
    first_token_seconds: float | None = Field(description="On average, until an answer began.")
    tokens_per_second: float | None
    queue_wait_seconds: float | None
    decided: int = Field(description="Agents' suggestions that somebody accepted or rejected.")
    accepted: int

    @classmethod
    def of(cls, figures: Figures) -> "FiguresOut":
        sums = asdict(figures)
        names = set(cls.model_fields) & set(sums)
        return cls(
            **{name: sums[name] for name in names - {"first_token_seconds"}},
            first_token_seconds=figures.first_token,
            tokens_per_second=figures.tokens_per_second,
            queue_wait_seconds=figures.queue_wait,
        )


class UsageRow(FiguresOut):
    key: str | None = Field(description="Its id; null: what belongs to none.")
    name: str


class UsagePage(Page):
    first: date
    last: date
    currency: str = Field(description="Of all amounts here: a code of ISO 4217.")
    total: FiguresOut
    left_of_person: Amount | None = Field(description="This month's; null: you have no limit.")
    left_of_site: Amount | None = Field(description="This month's; null: there is no limit.")
    items: list[UsageRow] = Field(description="What cost most comes first.")


@router.get(
    "usage",
    response=answers(UsagePage),
    auth=Token(TokenScope.READ_RUNS),
    summary="Read what it cost",
    operation_id="read_usage",
)
def read_usage(request: ApiRequest, asked: Query[UsageQuery]) -> UsagePage:
    """Cost, tokens and times of what agents did on the documents you may open, as the usage page
    has it."""
    period, sources = _period(asked), usage_visible_to(request.user)
    counted = counting.count(sources, period, asked.by)
    pages = Paginator(tables.keys_in_order(counted), asked.page_size)
    keys: list[Any] = list(pages.page(asked.page)) if asked.page <= pages.num_pages else []
    names = tables.names_of(asked.by, keys)
    room = room_of(request.user.pk)
    return UsagePage(
        page=asked.page,
        pages=pages.num_pages if pages.count else 0,
        count=pages.count,
        first=period.first,
        last=period.last,
        currency=settings.CURRENCY,
        total=FiguresOut.of(counted.total),
        left_of_person=room.get(BudgetScope.PERSON),
        left_of_site=room.get(BudgetScope.SITE),
        items=[
            UsageRow(
                **FiguresOut.of(counted.by_key[key]).model_dump(),
                key=None if key is None else str(key),
                name=names[key],
            )
            for key in keys
        ],
    )


def _period(asked: UsageQuery) -> Period:
    last = min(asked.last or today(), today())
    first = asked.first or max(last - timedelta(days=USUAL_DAYS - 1), EARLIEST)
    if first < EARLIEST or last < EARLIEST:
        raise InvalidInput(_("Choose a day from 2020 on."))
    if first > last:
        raise InvalidInput(_("Choose a day that is not after the last, nor after today."))
    return Period(first, last)
