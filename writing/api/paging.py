"""Lists come in pages."""

from math import ceil
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from ninja import Schema
from pydantic import Field

Row = TypeVar("Row", bound=Model)

LARGEST_PAGE = 100


class PageQuery(Schema):
    page: int = Field(default=1, ge=1, le=1_000_000, description="Counted from 1.")
    page_size: int = Field(default=40, ge=1, le=LARGEST_PAGE, description="At most 100.")


class Page(Schema):
    """A part of a list. Beyond the last page `items` is empty."""

    page: int
    pages: int
    count: int = Field(description="How many there are in all pages together.")


def page_of(rows: QuerySet[Row], asked: PageQuery) -> tuple[list[Row], dict[str, Any]]:
    """The rows of the page, by two queries, and the other fields of a `Page`."""
    count = rows.order_by().count()
    start = (asked.page - 1) * asked.page_size
    found = list(rows[start : start + asked.page_size]) if start < count else []
    return found, {"page": asked.page, "pages": ceil(count / asked.page_size), "count": count}
