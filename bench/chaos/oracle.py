"""What must hold after a round of chaos."""

import time
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from agents.models import Budget, BudgetScope, Call, Run, RunState, Step, StepState
from bench.chaos import words
from bench.chaos.machine import WORKING
from writing.actions.text import body_of
from writing.models import Section, Thread
from writing.text.markdown import plain_text

# Several leases.
SETTLING_SECONDS = 15.0
ROLES = {"write": "writer", "critique": "critic", "edit": "editor"}


@dataclass(frozen=True)
class Kill:
    """What was killed, when (seconds of the epoch), and how many steps ran then."""

    what: str
    at: float
    running: int


def violations(run: Run, calls: list[dict[str, Any]], kills: list[Kill]) -> list[str]:
    """What is wrong with the run, given the provider's log since it began."""
    if run.state != RunState.FINISHED:
        problems = run.steps.exclude(problem="").values_list("kind", "state", "problem")
        return [f"the run is {run.state}: {list(problems)}"]
    found: list[str] = []
    steps = list(run.steps.select_related("section").prefetch_related("chunks"))
    for number, section in enumerate(run.document.sections.present(), 1):
        mine = [step for step in steps if step.section_id == section.pk]
        found += _text(number, section, mine)
        for step in mine:
            name = f"{step.kind} of section {number}"
            asked = [c for c in calls if (c["role"], c["section"]) == (ROLES[step.kind], number)]
            found += [f"{name}: {wrong}" for wrong in _calls(step, asked, kills)]
    return found


def _text(number: int, section: Section, steps: list[Step]) -> list[str]:
    """Each word of each chunk stands there once, and nothing else does."""
    found = []
    chunks = {step.kind: [chunk.text for chunk in step.chunks.all()] for step in steps}
    paid = words.count("".join(chunks["write"]))
    if paid != words.written(number):
        found.append(f"section {number}: the writer's chunks are not its answer")
    revised = [word for text in chunks["edit"] for word in words.count(text) if word[0] == "r"]
    expected = paid + Counter(revised)
    stands = words.count(plain_text(body_of(section.pk)))
    if stands != expected:
        missing, twice = expected - stands, stands - expected
        found.append(f"section {number}: missing {dict(missing)}, too often {dict(twice)}")
    if Thread.objects.filter(section=section).count() != len(chunks["critique"]):
        found.append(f"section {number}: not one thread for each remark that was kept")
    return found


def _calls(step: Step, asked: list[dict[str, Any]], kills: list[Kill]) -> list[str]:
    """Called once, and again only for a failure of the provider or a kill while it ran."""
    if step.state != StepState.FINISHED or not step.started_at or not step.finished_at:
        return [f"is {step.state}"]
    began, ended = step.started_at.timestamp(), step.finished_at.timestamp()
    while_it_ran = sum(kill.what in WORKING and began <= kill.at <= ended for kill in kills)
    allowed = 1 + sum(bool(call["fault"]) for call in asked) + while_it_ran
    found = []
    if len(asked) > allowed:
        found.append(f"{len(asked)} calls where {allowed} were allowed")
    if any(call["t_start"] > ended for call in asked):
        found.append("was called again after it had finished")
    return found


def unsettled() -> list[str]:
    """What is wrong with the budgets, once the reapers have settled what killed workers left."""
    deadline = time.monotonic() + SETTLING_SECONDS
    budgets = Budget.objects.order_by()
    while budgets.filter(reserved__gt=0).exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    cost = _cost()
    found = []
    # These runs belong to no batch.
    for scope in set(BudgetScope) - {BudgetScope.BATCH}:
        sums = budgets.filter(scope=scope).aggregate(spent=Sum("spent"), reserved=Sum("reserved"))
        if sums["reserved"]:
            found.append(f"{scope}: {sums['reserved']} is still reserved")
        if sums["spent"] != cost:
            found.append(f"{scope}: {sums['spent']} is spent, but the calls did cost {cost}")
    return found


def _cost() -> Decimal:
    """Of all calls. Summed here: SQLite would add up floating-point numbers."""
    return sum(Call.objects.values_list("cost", flat=True), Decimal(0))


def ledgers(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """The provider's account beside ours."""
    tokens = ("prompt_tokens", "cached_tokens", "completion_tokens")
    ours = Call.objects.aggregate(
        calls=Count("pk"),
        estimated=Count("pk", filter=Q(estimated=True)),
        **{name: Sum(name) for name in tokens},
    )
    statuses = sorted({call["status"] for call in calls})
    return {
        "provider": {
            "calls": len(calls),
            **{s: sum(call["status"] == s for call in calls) for s in statuses},
            **{name: sum(call[name] for call in calls) for name in tokens},
        },
        "ours": {**ours, "cost": str(_cost())},
    }
