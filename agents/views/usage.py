"""What the agents' work cost and how well it went, down to the calls behind each figure."""

from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agents.access import may_see_all_usage, usage_visible_to
from agents.usage import asking, counting, lists, tables
from agents.usage.asking import Asked, PeriodForm
from agents.usage.counting import Dimension
from agents.usage.lists import List
from agents.usage.metrics import METRICS
from agents.usage.periods import Preset
from agents.usage.tables import Row
from writing.access import documents_visible_to
from writing.exceptions import nothing_here
from writing.views.pages import Request

KEYS_ON_A_PAGE = 25
ROWS_ON_A_PAGE = 50
MOST_BARS = 10


@require_safe
def usage(request: Request) -> HttpResponse:
    form, asked = asking.read_from(request)
    if asked is None:
        return render(request, "agents/usage.html", {"form": form}, status=422)
    counted = counting.count(asked.sources, asked.period, asked.by)
    before = counting.total(asked.sources, asked.period.before)
    page = Paginator(tables.keys_in_order(counted), KEYS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    times = tables.rows_by_time(asked, counted)
    keys = tables.rows_by_key(asked, counted, list(page.object_list))
    context = {
        **_frame(request, form, asked),
        "cards": tables.cards(counted.total, before),
        "is_empty": counted.total.is_empty,
        "times": times[::-1],
        "keys": keys,
        "page": page,
        "dimensions": [(each, asked.query(by=each)) for each in Dimension],
        "metrics": METRICS,
        "data": {
            "currency": settings.CURRENCY,
            "metrics": [{"name": m.name, "label": str(m.label), "unit": m.unit} for m in METRICS],
            "times": _series(times, [bucket.tick for bucket in asked.period.buckets()]),
            "keys": _series(keys[:MOST_BARS], [row.label for row in keys[:MOST_BARS]]),
        },
    }
    return render(request, "agents/usage.html", context)


@require_safe
def usage_rows(request: Request, kind: str) -> HttpResponse:
    """The calls, attempts or suggestions behind a figure."""
    form, asked = asking.read_from(request)
    if asked is None:
        return render(request, "agents/usage_rows.html", {"form": form}, status=422)
    if kind not in List:
        raise nothing_here()
    keys = lists.keys_of(List(kind), asked.sources, asked.period)
    page = Paginator(keys, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    rows = lists.rows_of(List(kind), list(page.object_list))
    context = {
        **_frame(request, form, asked),
        "kind": List(kind),
        "kinds": List,
        "page": page,
        "rows": rows,
        **_links(request, asked, List(kind), rows),
    }
    return render(request, "agents/usage_rows.html", context)


def _frame(request: Request, form: PeriodForm, asked: Asked) -> dict[str, Any]:
    """What both pages show above what they list."""
    days = {"first": None, "last": None}
    return {
        "form": PeriodForm(initial={"first": asked.period.first, "last": asked.period.last}),
        "asked": asked,
        "query": asked.query(),
        "presets": [(each, asked.query(period=each, **days)) for each in Preset],
        "may_see_all": may_see_all_usage(request.user),
        "mine": asked.query(scope=None),
        "all": asked.query(scope="all"),
        "only": [
            (name.label, _known(request, asked, name), asked.query(**{name: None}))
            for name in asked.only
        ],
    }


def _known(request: Request, asked: Asked, name: Dimension) -> str:
    """The name of what the figures are narrowed to, for whoever may have it counted at all."""
    key = asked.only[name]
    visible = usage_visible_to(request.user, everything=asked.everything)
    mine = visible.only(**{f"{name}_id": key})
    if mine.calls.exists() or mine.attempts.exists():
        return tables.names_of(name, [key])[key]
    return "–"


def _series(rows: list[Row], ticks: list[str]) -> dict[str, Any]:
    """For the charts: numbers by metric, None where there is nothing to go by."""

    def plain(number: Any) -> float | None:
        return None if number is None else float(number)

    return {
        "labels": [row.label for row in rows],
        "ticks": ticks,
        "numbers": {m.name: [plain(m.of(row.figures)) for row in rows] for m in METRICS},
    }


def _links(request: Request, asked: Asked, kind: List, rows: list[Any]) -> dict[str, Any]:
    """Which of the rows lead to the page of their step: administrators may count what they may not
    read."""
    if kind == List.SUGGESTIONS:
        documents = {row.section.document_id for row in rows}
        steps = lists.steps_of(rows)
    else:
        documents, steps = {row.document_id for row in rows}, {}
    readable = documents_visible_to(request.user).filter(pk__in=documents - {None})
    return {"readable": set(readable.values_list("pk", flat=True)), "steps": steps}
