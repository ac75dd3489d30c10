"""A hundred runs at once against one limit of the site: what was reserved and spent at most.

The provider's own log, at the model's prices, says what it would have charged.
"""

import sqlite3
import tempfile
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench.live_draft import shell
from bench.stack import USER, Provider, Stack

RUNS = 100
LIMIT = Decimal("0.20")
# Per million tokens of the prompt, of its cached part and of the answer.
PRICES = {"input_price": 2, "cached_price": 1, "output_price": 8}
MILLION = 1_000_000
PATIENCE_SECONDS = 240

START = """
from django.contrib.auth import get_user_model
from agents.actions.runs import start_draft
from agents.models import Limits, Model, Role, Workflow
from writing.actions.documents import create_document
from writing.actions.sections import add_section
user = get_user_model().objects.get(username={user!r})
Model.objects.update(**{prices!r})
Role.objects.update(max_tokens=1000)
Limits.objects.create(pk=1, per_site={limit!r})
draft = Workflow.objects.get(slug="draft")
for number in range({runs}):
    document = create_document(user, title=f"Reefs {{number}}", brief="How reefs live.",
                               kind="article", language="en", target_words=150)
    add_section(document, acting_user=user, title="Where they grow", target_words=150)
    start_draft(document, acting_user=user, workflow=draft)
"""


class Books:
    """The stack's budgets and runs, read beside it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "scriptorium.sqlite3"

    def one(self, query: str) -> int:
        with closing(sqlite3.connect(self._path, timeout=20)) as connection:
            return int(connection.execute(query).fetchone()[0] or 0)

    def site(self, column: str) -> Decimal:
        """Kept as a whole number of millionths."""
        found = self.one(f"select sum({column}) from agents_budget where scope = 'site'")
        return Decimal(found) / MILLION

    def runs(self, condition: str) -> int:
        return self.one(f"select count(*) from agents_run where {condition}")


def charged(calls: list[dict[str, Any]]) -> Decimal:
    total = 0
    for call in calls:
        total += (call["prompt_tokens"] - call["cached_tokens"]) * PRICES["input_price"]
        total += call["cached_tokens"] * PRICES["cached_price"]
        total += call["completion_tokens"] * PRICES["output_price"]
    return Decimal(total) / MILLION


def run() -> dict[str, Any]:
    """One JSON object: the limit, the most that was reserved and spent, and what was charged."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with (
            Provider(directory, "--ttft", "0.2", "--tps", "200") as provider,
            Stack(directory / "data", **provider.environment) as stack,
        ):
            books = Books(stack.directory)
            began, most = time.monotonic(), Decimal(0)
            order = START.format(user=USER, prices=PRICES, limit=str(LIMIT), runs=RUNS)
            shell(stack, order + "print('started')")
            while books.runs("state = 'running'"):
                most = max(most, books.site("spent + reserved"))
                if time.monotonic() - began > PATIENCE_SECONDS:
                    raise TimeoutError("the runs do not end")
                time.sleep(0.01)
            spent, charges = books.site("spent"), charged(provider.calls())
            result = {
                "benchmark": "budget",
                "runs": books.runs("true"),
                "finished": books.runs("state = 'finished'"),
                "stopped_by_limit": books.runs("stopped_by = 'limit'"),
                "limit": float(LIMIT),
                "most_reserved_and_spent": float(most),
                "spent": float(spent),
                "still_reserved": float(books.site("reserved")),
                "charged_by_provider": float(charges),
                "seconds": round(time.monotonic() - began, 1),
            }
    assert most <= LIMIT, result
    assert spent == charges <= LIMIT, result
    assert result["still_reserved"] == 0, result
    return result
