"""What Prometheus is told of the agents' work, by role, model and provider.

Each process keeps its numbers in files of `settings.METRICS_DIR`, which the web process adds up:
see docs/metrics.md. Nothing is counted per token: a call costs a few microseconds at its end.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from agents.models import (
    Attempt,
    Batch,
    BatchRow,
    BatchState,
    Call,
    Provider,
    RowState,
    Run,
    RunState,
    Step,
    StepState,
)

WHO = ("role", "model", "provider")
MOMENTS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120)
LONGER = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
RATES = (5, 10, 20, 30, 50, 75, 100, 150, 200, 400)

FIRST_TOKEN = Histogram(
    "scriptorium_first_token_seconds", "From request to first token.", WHO, buckets=MOMENTS
)
RATE = Histogram(
    "scriptorium_tokens_per_second", "Of an answer, since its first token.", WHO, buckets=RATES
)
QUEUE_WAIT = Histogram(
    "scriptorium_queue_wait_seconds",
    "From a step's being ready to a worker's claiming it.",
    WHO,
    buckets=MOMENTS,
)
STEP = Histogram(
    "scriptorium_step_seconds", "An attempt at a step, from claim to end.", WHO, buckets=LONGER
)
RETRIES = Counter("scriptorium_retries", "Attempts that failed and are made again.", WHO)
CALLS = Counter("scriptorium_calls", "Calls to providers.", WHO)
UNCACHED = Counter("scriptorium_prompt_tokens_uncached", "Prompt tokens read anew.", WHO)
CACHED = Counter("scriptorium_prompt_tokens_cached", "Prompt tokens from a cache.", WHO)
COMPLETION = Counter("scriptorium_completion_tokens", "Tokens written.", WHO)
COST = Counter("scriptorium_cost", "In the currency of the models' prices.", WHO)


def who(attempt: Attempt) -> tuple[str, str, str]:
    """The labels of what the attempt does; it has its step, role and model at hand."""
    model = attempt.model
    return (
        attempt.step.role.slug,
        model.name if model else "",
        model.provider.slug if model else "",
    )


def _who_tries(call: Call) -> tuple[str, str, str]:
    role, model = call.role, call.model
    return (
        role.slug if role else "",
        model.name if model else "",
        model.provider.slug if model else "",
    )


def began(attempt: Attempt) -> None:
    if attempt.ready_at:
        waited = max(attempt.started_at - attempt.ready_at, timedelta())
        QUEUE_WAIT.labels(*who(attempt)).observe(waited.total_seconds())


def ended(attempt: Attempt, seconds: float) -> None:
    STEP.labels(*who(attempt)).observe(seconds)


def retried(attempt: Attempt) -> None:
    RETRIES.labels(*who(attempt)).inc()


def called(call: Call) -> None:
    """Once for each call, when it has ended."""
    labels = who(call.attempt) if call.attempt else _who_tries(call)
    CALLS.labels(*labels).inc()
    UNCACHED.labels(*labels).inc(max(call.prompt_tokens - call.cached_tokens, 0))
    CACHED.labels(*labels).inc(call.cached_tokens)
    COMPLETION.labels(*labels).inc(call.completion_tokens)
    COST.labels(*labels).inc(float(call.cost))
    if call.first_token_seconds is None:
        return
    FIRST_TOKEN.labels(*labels).observe(call.first_token_seconds)
    answering = call.seconds - call.first_token_seconds
    if answering > 0 and call.completion_tokens:
        RATE.labels(*labels).observe(call.completion_tokens / answering)


class Rows(Collector):
    """What the rows say at this moment."""

    def collect(self) -> Iterable[Metric]:
        runs = GaugeMetricFamily("scriptorium_runs", "Runs by state.", labels=["state"])
        steps = GaugeMetricFamily(
            "scriptorium_steps", "Steps of running runs by state.", labels=["state"]
        )
        counts = dict(Run.objects.order_by().values_list("state").annotate(Count("pk")))
        for state in RunState.values:
            runs.add_metric([state], counts.get(state, 0))
        active = Step.objects.filter(run__state=RunState.RUNNING).order_by()
        counts = dict(active.values_list("state").annotate(Count("pk")))
        for step_state in StepState.values:
            steps.add_metric([step_state], counts.get(step_state, 0))
        batches = GaugeMetricFamily("scriptorium_batches", "Batches by state.", labels=["state"])
        counts = dict(Batch.objects.order_by().values_list("state").annotate(Count("pk")))
        for batch_state in BatchState.values:
            batches.add_metric([batch_state], counts.get(batch_state, 0))
        documents = GaugeMetricFamily(
            "scriptorium_batch_documents",
            "Documents of running batches by state.",
            labels=["state"],
        )
        rows = BatchRow.objects.filter(batch__state=BatchState.RUNNING).order_by()
        counts = dict(rows.values_list("state").annotate(Count("pk")))
        for row_state in RowState.values:
            documents.add_metric([row_state], counts.get(row_state, 0))
        circuits = GaugeMetricFamily(
            "scriptorium_provider_failing",
            "1 while nobody is sent to the provider.",
            labels=["provider"],
        )
        for slug, since in Provider.objects.values_list("slug", "open_since"):
            circuits.add_metric([slug], int(since is not None))
        return [runs, steps, batches, documents, circuits]


def report() -> bytes:
    """All processes of this machine, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(settings.METRICS_DIR))  # type: ignore[no-untyped-call]
    registry.register(Rows())
    return generate_latest(registry)
