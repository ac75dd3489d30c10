"""The figures that are shown, in their order, with their names and how each is written."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents.templatetags.figures import in_seconds, money, pace, percent, short, whole
from agents.usage.figures import Figures

Number = int | float | Decimal
WRITTEN: dict[str, Callable[[Number], str]] = {
    "money": lambda number: money(Decimal(number)),
    "tokens": lambda number: short(int(number)),
    "count": lambda number: whole(int(number)),
    "seconds": lambda number: in_seconds(float(number)),
    "rate": lambda number: pace(float(number)),
    "share": lambda number: percent(float(number)),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` is that of the property of `Figures`; `rows` the list that explains it."""

    name: str
    label: str | Promise
    unit: str
    rows: str = "calls"

    def of(self, figures: Figures) -> Number | None:
        number: Number | None = getattr(figures, self.name)
        return number

    def write(self, figures: Figures) -> str:
        number = self.of(figures)
        return "–" if number is None else WRITTEN[self.unit](number)


METRICS = (
    Metric("cost", _("Cost"), "money"),
    Metric("calls", _("Calls"), "count"),
    Metric("uncached_tokens", _("Tokens read, not cached"), "tokens"),
    Metric("cached_share", _("Cached share"), "share"),
    Metric("completion_tokens", _("Tokens written"), "tokens"),
    Metric("first_token", _("First token after"), "seconds"),
    Metric("tokens_per_second", _("Tokens a second"), "rate"),
    Metric("queue_wait", _("Waited for a worker"), "seconds", "attempts"),
    Metric("failures", _("Failed attempts"), "count", "failures"),
    Metric("failed_share", _("Share of attempts that failed"), "share", "failures"),
    Metric("acceptance", _("Suggestions accepted"), "share", "suggestions"),
)
