"""What a draft was expected to take, and beside it what it did take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from agents.models import Run, StageKind
from agents.pace import Range

Tokens = Range[int]
NOTHING: Tokens = Range(0, 0, 0)
NO_TIME: Range[float] = Range(0.0, 0.0, 0.0)
NO_COST: Range[Decimal] = Range(Decimal(0), Decimal(0), Decimal(0))


def plus(one: Range[Any], other: Range[Any]) -> Range[Any]:
    return Range(*(a + b for a, b in zip(one, other, strict=True)))


@dataclass
class StageEstimate:
    """What one stage takes for all sections together; `seconds` until the last of them is done."""

    position: int
    kind: str
    role: str
    model: str
    is_priced: bool
    prompt: Tokens = NOTHING
    completion: Tokens = NOTHING
    cost: Range[Decimal] = NO_COST
    seconds: Range[float] = NO_TIME

    @property
    def tokens(self) -> Tokens:
        return plus(self.prompt, self.completion)

    @property
    def kind_label(self) -> str:
        return str(StageKind(self.kind).label)


@dataclass
class Estimate:
    """`largest_call` is the most that one call may cost: so much must be left to make it.
    `throughput` is how many seconds each takes where many are made at once; it is not kept."""

    stages: list[StageEstimate] = field(default_factory=list)
    seconds: Range[float] = NO_TIME
    largest_call: Decimal = Decimal(0)
    throughput: Range[float] = field(default=NO_TIME, compare=False)

    @property
    def tokens(self) -> Tokens:
        return Range(*(sum(ends) for ends in zip(*(s.tokens for s in self.stages), strict=True)))

    @property
    def cost(self) -> Range[Decimal]:
        return Range(
            *(sum(ends, Decimal(0)) for ends in zip(*(s.cost for s in self.stages), strict=True))
        )

    @property
    def is_priced(self) -> bool:
        return any(stage.is_priced for stage in self.stages)

    @property
    def enough(self) -> Decimal:
        """A limit with which the run is likely to come to its end."""
        return self.cost.likely + self.largest_call

    def kept(self) -> dict[str, Any]:
        """For `Run.estimate`."""
        stages = [
            vars(stage) | {"cost": [str(amount) for amount in stage.cost]} for stage in self.stages
        ]
        largest = str(self.largest_call)
        return {"stages": stages, "seconds": self.seconds, "largest_call": largest}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "Estimate | None":
        """From `Run.estimate`; None where there is none."""
        if not kept:
            return None
        stages = []
        for fields in kept["stages"]:
            cost = [Decimal(amount) for amount in fields["cost"]]
            ranges = {name: Range(*fields[name]) for name in ("prompt", "completion", "seconds")}
            stages.append(StageEstimate(**(fields | ranges | {"cost": Range(*cost)})))
        return cls(stages, Range(*kept["seconds"]), Decimal(kept["largest_call"]))


@dataclass
class Actual:
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    cost: Decimal = Decimal(0)
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion


@dataclass
class Comparison:
    """Each stage as it was expected with what it did take, and the whole run."""

    stages: list[tuple[StageEstimate, Actual]]
    estimate: Estimate
    actual: Actual


def compare(run: Run) -> Comparison | None:
    """None for a run that was not estimated."""
    estimate = Estimate.read(run.estimate)
    if estimate is None:
        return None
    by_stage = {stage.position: Actual() for stage in estimate.stages}
    sums = run.calls.order_by().values("attempt__step__position")
    for row in sums.annotate(
        prompt=Sum("prompt_tokens"),
        cached=Sum("cached_tokens"),
        completion=Sum("completion_tokens"),
        amount=Sum("cost"),
    ):
        if actual := by_stage.get(row["attempt__step__position"]):
            actual.prompt, actual.cached = row["prompt"], row["cached"]
            actual.completion, actual.cost = row["completion"], row["amount"]
    for position, seconds in _longest(run).items():
        if position in by_stage:
            by_stage[position].seconds = seconds
    whole = Actual(seconds=((run.finished_at or run.created_at) - run.created_at).total_seconds())
    for actual in by_stage.values():
        whole.prompt += actual.prompt
        whole.cached += actual.cached
        whole.completion += actual.completion
        whole.cost += actual.cost
    stages = [(stage, by_stage[stage.position]) for stage in estimate.stages]
    return Comparison(stages, estimate, whole)


def _longest(run: Run) -> dict[int, float]:
    """Seconds that each stage took for the section it took longest for, all rounds together."""
    times: dict[tuple[int, object], float] = {}
    steps = run.steps.exclude(started_at=None).exclude(finished_at=None)
    for position, section, start, end in steps.values_list(
        "position", "section", "started_at", "finished_at"
    ):
        if start and end:
            key = (position, section)
            times[key] = times.get(key, 0) + (end - start).total_seconds()
    longest: dict[int, float] = {}
    for (position, _section), seconds in times.items():
        longest[position] = max(longest.get(position, 0), seconds)
    return longest
