"""The tables of usage as CSV, all of their pages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.csv_file import csv_response
from agents.models import Attempt, Call
from agents.usage import asking, counting, lists, tables
from agents.usage.asking import Asked
from agents.usage.counting import Dimension
from agents.usage.lists import List
from agents.usage.metrics import METRICS
from writing.exceptions import nothing_here
from writing.models import Suggestion
from writing.views.pages import Request

TIME = "time"
# The newest: one file is no archive.
MOST_ROWS = 20_000
AT_ONCE = 500


@require_safe
def usage_file(request: Request, table: str) -> HttpResponse:
    """`table` is "time", a dimension's name or a list's."""
    _form, asked = asking.read_from(request)
    if asked is None or table not in (TIME, *Dimension, *List):
        raise nothing_here()
    head, rows = _list(asked, List(table)) if table in List else _figures(asked, table)
    name = f"usage-{table}-{asked.period.first}-{asked.period.last}"
    return csv_response(name, head, rows)


def _figures(asked: Asked, table: str) -> tuple[list[Any], Iterator[Sequence[Any]]]:
    if table in Dimension:
        asked = replace(asked, by=Dimension(table))
    counted = counting.count(asked.sources, asked.period, asked.by)
    if table == TIME:
        head, rows = _("Time"), tables.rows_by_time(asked, counted)
    else:
        head = str(asked.by.label)
        rows = tables.rows_by_key(asked, counted, tables.keys_in_order(counted))
    numbers = ([row.label, *(metric.of(row.figures) for metric in METRICS)] for row in rows)
    return [head, *(metric.label for metric in METRICS)], numbers


def _list(asked: Asked, kind: List) -> tuple[list[Any], Iterator[Sequence[Any]]]:
    keys = list(lists.keys_of(kind, asked.sources, asked.period)[:MOST_ROWS])
    found = (
        row
        for start in range(0, len(keys), AT_ONCE)
        for row in lists.rows_of(kind, keys[start : start + AT_ONCE])
    )
    match kind:
        case List.SUGGESTIONS:
            head = [_("Decided"), _("Document"), _("Section"), _("Agent"), _("Decision")]
            return head, map(_decision, found)
        case List.CALLS:
            head = [
                *_common_head(_("Made")),
                _("Cost"),
                _("Tokens read"),
                _("of these cached"),
                _("Tokens written"),
                _("First token after"),
                _("Took"),
            ]
            return head, map(_call, found)
    head = [
        *_common_head(_("Began")),
        _("Waited for a worker"),
        _("Took"),
        _("How it ended"),
    ]
    return head, map(_attempt, found)


def _common_head(when: str) -> list[str]:
    return [when, _("What"), _("Document"), _("Person"), _("Role"), _("Model")]


def _common(row: Call | Attempt, attempt: Attempt | None) -> list[Any]:
    return [
        attempt.step.get_kind_display() if attempt else "",
        row.document.title if row.document else "",
        row.user.get_username() if row.user else "",
        row.role.label if row.role else "",
        str(row.model) if row.model else "",
    ]


def _call(call: Call) -> list[Any]:
    return [
        call.created_at.isoformat(),
        *_common(call, call.attempt),
        call.cost,
        call.prompt_tokens,
        call.cached_tokens,
        call.completion_tokens,
        call.first_token_seconds,
        call.seconds,
    ]


def _attempt(attempt: Any) -> list[Any]:
    return [
        attempt.started_at.isoformat(),
        *_common(attempt, attempt),
        attempt.waited_seconds,
        attempt.time.total_seconds() if attempt.time else None,
        attempt.get_outcome_display(),
    ]


def _decision(suggestion: Suggestion) -> list[Any]:
    """Without the words: whoever counts may not be somebody who may read."""
    return [
        suggestion.decided_at.isoformat() if suggestion.decided_at else "",
        suggestion.section.document.title,
        suggestion.section.title,
        suggestion.agent_name,
        _("Accepted") if suggestion.accepted else _("Rejected"),
    ]
