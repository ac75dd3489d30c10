"""Runs that reach a limit: they stop cleanly, say which it was, and go on when it is raised."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from agents import money
from agents.actions.limits import raise_limit
from agents.actions.runs import retry_run, start_draft, start_full, stop_run
from agents.budget import Reached
from agents.exceptions import NothingToDo
from agents.limits import reached_by
from agents.models import (
    Budget,
    BudgetScope,
    Call,
    Limits,
    Model,
    Role,
    Run,
    RunState,
    Step,
    StepState,
    Workflow,
)
from tests.agents.conftest import finished, until
from tests.fake_provider import FakeProvider, fake_provider
from writing.actions.documents import create_document
from writing.actions.sections import add_section
from writing.models import Document, Section, SectionStatus

__all__ = ["fake_provider"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("eager")]


# An answer of 1000 tokens may cost 0.01: room for one call, and when that is settled for few more.
LITTLE = Decimal("0.02")


@pytest.fixture(autouse=True)
def provider(document: Document, fake_provider: FakeProvider) -> FakeProvider:
    model = Model.objects.select_related("provider").get(is_default=True)
    model.provider.base_url = fake_provider.base_url
    model.provider.concurrency, model.provider.is_bundled = 64, False
    model.provider.save()
    model.context_tokens, model.tier = 32_768, Model.Tier.LARGE
    model.input_price, model.cached_price, model.output_price = Decimal(1), Decimal(1), Decimal(10)
    model.save()
    Role.objects.update(max_tokens=1000)
    return fake_provider


def states(run: Run, kind: str) -> list[str]:
    return sorted(run.steps.filter(kind=kind).values_list("state", flat=True))


def check_ledger(run: Run) -> None:
    """Nothing stays reserved, and the budgets hold what the calls did cost."""
    assert not Call.objects.exclude(reserved=0).exists()
    spent = sum(run.calls.values_list("cost", flat=True))
    for budget in Budget.objects.all():
        assert (budget.reserved, budget.spent) == (0, spent)
    assert spent > 0


def test_at_the_limit_the_run_stops_and_what_is_written_stays(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    run = finished(start_draft(document, acting_user=author, limit=LITTLE))
    assert run.state == RunState.PARTLY_FINISHED
    assert run.stopped_by == "limit"
    assert len(states(run, "write")) == 3
    assert states(run, "write").count(StepState.FINISHED) >= 1
    assert not run.steps.filter(state=StepState.FAILED).exists()
    written = Section.objects.exclude(word_count=0).count()
    assert written == states(run, "write").count(StepState.FINISHED)
    assert SectionStatus.STOPPED in document.sections.values_list("status", flat=True)
    reached = reached_by(run)
    assert reached
    assert (reached.scope, reached.limit) == (BudgetScope.RUN, LITTLE)
    assert reached.used + reached.needed > reached.limit
    assert "The limit of this run is reached" in reached.message
    check_ledger(run)


def test_raising_the_limit_goes_on_where_it_stopped(
    document: Document, author: User, provider: FakeProvider
) -> None:
    run = finished(start_draft(document, acting_user=author, limit=LITTLE))
    done = set(run.steps.filter(state=StepState.FINISHED).values_list("pk", flat=True))
    asked = len(provider.bodies)
    reached = reached_by(run)
    assert reached
    with pytest.raises(NothingToDo, match="Enter at least"):
        raise_limit(run, reached.used, acting_user=author)
    assert reached.suggestion >= reached.used + reached.needed
    run = finished(raise_limit(run, Decimal(1), acting_user=author))
    assert (run.state, run.stopped_by, run.limit_reached) == (RunState.FINISHED, "", {})
    assert Step.objects.filter(pk__in=done, attempt_number__gt=1).count() == 0
    assert len(provider.bodies) - asked <= 9 - len(done)
    check_ledger(run)


def test_without_room_for_the_first_call_nothing_is_asked(
    document: Document, author: User, provider: FakeProvider
) -> None:
    run = finished(start_full(document, acting_user=author, limit=Decimal("0.001")))
    assert (run.state, run.stopped_by) == (RunState.STOPPED, "limit")
    assert not provider.bodies
    assert not Call.objects.exists()
    run = finished(retry_run(run, acting_user=author))
    assert (run.state, run.stopped_by) == (RunState.STOPPED, "limit")


def test_the_command_says_which_limit_stopped_it(
    document: Document, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.management.commands.draft._worker_answers", lambda: False)
    order = ["draft", "--brief", "Reefs", "--sections", "2", "--limit", "0.02", "--wait"]
    with pytest.raises(SystemExit):
        call_command(*order)
    assert "The limit of this run is reached" in capsys.readouterr().err


@pytest.mark.parametrize("fault", ["drop@*x1", "500@*x1", "stall@*x1+30", "empty@*x1"])
def test_whatever_goes_wrong_no_reservation_stays(
    document: Document,
    sections: list[Section],
    author: User,
    provider: FakeProvider,
    fault: str,
    settings: object,
) -> None:
    settings.SILENCE_SECONDS = 0.3  # type: ignore[attr-defined]
    provider.fail(fault)
    run = finished(start_draft(document, acting_user=author, sections=sections[:1]))
    assert run.state == RunState.FINISHED
    check_ledger(run)
    # What broke off was not free.
    assert run.calls.filter(estimated=True).count() == (fault[:4] in ("drop", "stal"))


def test_stopping_settles_the_call_under_way(
    document: Document, sections: list[Section], author: User, provider: FakeProvider
) -> None:
    provider.set_pace(tokens_per_second=20)
    run = start_draft(document, acting_user=author, sections=sections[:1])
    until(lambda: Budget.objects.filter(run=run, reserved__gt=0).exists())
    until(lambda: Section.objects.get(pk=sections[0].pk).word_count)
    stop_run(run, acting_user=author)
    until(lambda: not Call.objects.exclude(reserved=0).exists())
    assert Call.objects.get().estimated
    check_ledger(run)


def test_free_models_reserve_nothing(document: Document, author: User) -> None:
    Model.objects.update(input_price=0, cached_price=0, output_price=0)
    run = finished(start_draft(document, acting_user=author, limit=Decimal(0)))
    assert run.state == RunState.FINISHED
    assert list(Budget.objects.values_list("scope", flat=True)) == ["run"]


def test_amounts_are_said_in_the_currency_of_the_settings(settings: object) -> None:
    assert money.in_words(Decimal("12.5")) == "$12.50"
    assert money.in_words(Decimal("0.0012345")) == "$0.0012"
    assert money.in_words(Decimal(0)) == "$0.00"
    settings.CURRENCY = "CHF"  # type: ignore[attr-defined]
    assert money.in_words(Decimal("1234.5")) == "CHF\N{NO-BREAK SPACE}1234.50"


def test_what_is_kept_of_a_limit_reads_back() -> None:
    reached = Reached("site", Decimal("1.5"), Decimal("1.2"), Decimal("0.4"))
    assert Reached.read(reached.kept()) == reached
    assert Reached.read({}) is None


def test_a_hundred_runs_at_once_never_exceed_the_limit_of_the_site(
    document: Document, author: User, provider: FakeProvider
) -> None:
    limit = Decimal("0.02")
    Role.objects.update(max_tokens=300)
    Limits.objects.create(per_site=limit)
    quick = Workflow.objects.get(slug="quick")
    runs: list[Run] = []
    most = Decimal(0)
    for number in range(100):
        another = create_document(author, title=f"Reef {number}", brief="Coral reefs.")
        add_section(another, title="Where they grow", target_words=20)
        runs.append(start_draft(another, acting_user=author, workflow=quick))
    while Run.objects.filter(state=RunState.RUNNING).exists():
        for site in Budget.objects.filter(scope=BudgetScope.SITE):
            most = max(most, site.used)
    runs = [finished(run) for run in runs]
    assert most <= limit
    assert 0 < sum(run.stopped_by == "limit" for run in runs) < len(runs)
    assert {run.stopped_by for run in runs if run.state == RunState.STOPPED} == {"limit"}
    site = Budget.objects.get(scope=BudgetScope.SITE)
    assert (site.reserved, site.spent) == (0, sum(Call.objects.values_list("cost", flat=True)))
    # The provider's own count, at the prices of the model.
    charged = sum(r.prompt_tokens + r.completion_tokens * 10 for r in provider.records)
    assert site.spent == Decimal(charged) / 1_000_000 <= limit
