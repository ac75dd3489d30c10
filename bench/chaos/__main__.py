"""`make chaos`: drafts of eight sections while something is killed at random (kill -9; Redis loses
all it knew) and a tenth of the calls fails; then fifty people typing while something is killed. One
JSON object for each; exit status 1 if anything is wrong.

Seeded: the same kills at the same seconds of each round, and the same failing requests; what they
hit depends on the machine.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import django

from bench.stack import Provider, free_port

SECTIONS = 8
ENVIRONMENT = {
    "LEASE_SECONDS": "3",
    "RETRY_SECONDS": "0.2",
    "SILENCE_SECONDS": "1.5",
    "CIRCUIT_SECONDS": "0.5",
    "DJANGO_SETTINGS_MODULE": "project.settings",
}
ROUND_SECONDS = 90.0
# Of a million tokens: calls of killed workers are settled, too.
PRICES = {"input_price": 4, "cached_price": 1, "output_price": 10}
# A run takes a little longer undisturbed: every kill falls into it.
LAST_KILL_SECONDS = 3.0
LONGEST_AWAY_SECONDS = 2.0


def start_run(number: int) -> Any:
    from django.contrib.auth import get_user_model

    from agents.actions.runs import start_draft
    from agents.models import Workflow
    from writing.actions.documents import create_document
    from writing.actions.sections import add_section

    user, _ = get_user_model().objects.get_or_create(username="chaos", is_superuser=True)
    document = create_document(user, title=f"Round {number}", brief="How reefs live.")
    for index in range(SECTIONS):
        add_section(document, title=f"Part {index + 1}", target_words=60)
    return start_draft(document, acting_user=user, workflow=Workflow.objects.get(is_default=True))


def play(number: int, machine: Any, chance: random.Random) -> tuple[Any, list[Any]]:
    """One round: a run, and one or two kills while it goes on."""
    from agents.models import RunState, StepState
    from bench.chaos.machine import KINDS
    from bench.chaos.oracle import Kill

    plan = sorted(
        (chance.uniform(0, LAST_KILL_SECONDS), chance.choice(KINDS))
        for _ in range(chance.randint(1, 2))
    )
    run, began, kills = start_run(number), time.monotonic(), []
    for after, what in plan:
        time.sleep(max(0, began + after - time.monotonic()))
        running = run.steps.filter(state=StepState.RUNNING).count()
        machine.kill(what)
        # By now it is dead: what it began before that is what the kill may repeat.
        kills.append(Kill(what, time.time(), running))
        time.sleep(chance.uniform(0, LONGEST_AWAY_SECONDS))
        machine.start(what)
    while run.state == RunState.RUNNING and time.monotonic() - began < ROUND_SECONDS:
        time.sleep(0.1)
        run.refresh_from_db()
    machine.await_answers()
    return run, kills


def chaos(rounds: int, seed: int, provider: Provider) -> dict[str, Any]:
    from bench.chaos.machine import Machine
    from bench.chaos.oracle import ledgers, unsettled, violations

    chance, wrong, seconds = random.Random(seed), [], []
    killed: dict[str, int] = {}
    repeated = running = 0
    with Machine() as machine:
        for number in range(1, rounds + 1):
            began = time.time()
            run, kills = play(number, machine, chance)
            calls = [call for call in provider.calls() if call["t_start"] >= began]
            found = violations(run, calls, kills)
            wrong += [f"round {number}: {problem}" for problem in found]
            seconds.append(time.time() - began)
            running += sum(kill.running for kill in kills)
            repeated += len(calls) - sum(bool(c["fault"]) for c in calls) - run.steps.count()
            for kill in kills:
                killed[kill.what] = killed.get(kill.what, 0) + 1
            said = ", ".join(f"{kill.what} ({kill.running} running)" for kill in kills)
            print(f"{number:4d}  {seconds[-1]:5.1f} s  {said}  {found or 'ok'}", file=sys.stderr)
        wrong += unsettled()
        result = ledgers(provider.calls())
    return {
        "benchmark": "chaos",
        "seed": seed,
        "rounds": rounds,
        "kills": killed,
        "steps_running_when_killed": running,
        "calls_repeated": repeated,
        "seconds_per_round": round(sum(seconds) / len(seconds), 1),
        **result,
        "violations": wrong,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=("drafts", "typing"), help="default: both")
    parser.add_argument("--keep", type=Path, help="directory to keep the data and the logs in")
    options = parser.parse_args()
    trouble = ("--trouble", "0.1", "--seed", str(options.seed))
    script = ("--script", str(Path(__file__).with_name("words.py")))
    pace = ("--ttft", "0.1", "--tps", "200", "--items", "3")
    with tempfile.TemporaryDirectory() as name:
        directory = options.keep or Path(name)
        with Provider(directory, *trouble, *script, *pace) as provider:
            data = directory / "data"
            data.mkdir(parents=True, exist_ok=True)
            os.environ.pop("DATABASE_URL", None)
            os.environ.pop("REDIS_URL", None)
            os.environ.update(ENVIRONMENT | provider.environment)
            os.environ.update(DATA_DIR=str(data), PORT=str(free_port()))
            django.setup()
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            call_command("seed")
            from agents.models import Model

            Model.objects.update(**PRICES)
            from bench.chaos import typing

            results = []
            if options.only != "typing":
                results.append(chaos(options.rounds, options.seed, provider))
            if options.only != "drafts":
                results.append(typing.play(options.rounds, options.seed))
    for result in results:
        print(json.dumps(result))
    sys.exit(any(result["violations"] for result in results))


if __name__ == "__main__":
    main()
