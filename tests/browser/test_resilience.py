"""Killed processes in the middle of a draft: nothing is lost, repeated or left waiting."""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import pytest
import redis

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    agent_writes,
    all_agree,
    is_saved,
    new_document,
    run_ends,
    stand_in_agent_text,
    start_draft,
    until,
    words_of,
)
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting

pytestmark = pytest.mark.browser

TITLES = ("Where they grow", "Who lives there", "What harms them")
COUNTED = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]


def pid_of(stack: Stack, service: str) -> int:
    return int((stack.directory / "run" / f"{service}.pid").read_text().split()[0])


def kill(stack: Stack, service: str) -> None:
    os.kill(pid_of(stack, service), signal.SIGKILL)


def is_restarted(stack: Stack, service: str, killed: int) -> None:
    file = stack.directory / "run" / f"{service}.pid"
    until(lambda: file.read_text().split()[:1] not in ([], [str(killed)]))


def test_killed_worker_is_replaced_and_nothing_is_lost_or_repeated(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.say(counting)
    provider.set_pace(tokens_per_second=40)
    provider.hold()
    ana = open_page()
    document = new_document(ana, stack, *TITLES)
    start_draft(ana, workflow="quick")
    for section in range(len(TITLES)):
        agent_writes(ana, 30, section)
    killed = pid_of(stack, "worker")
    kill(stack, "worker")
    is_restarted(stack, "worker", killed)
    provider.let_go()
    run_ends(ana)
    texts = all_agree([ana], database, document)
    assert [words_of(text) for text in texts] == [COUNTED] * len(TITLES)
    assert [words_of(text) for text in database.written(document)] == [COUNTED] * len(TITLES)


def test_killed_web_server_is_seen_and_what_is_typed_meanwhile_is_saved_later(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.say(counting)
    provider.set_pace(tokens_per_second=25)
    provider.hold()
    ana = open_page()
    document = new_document(ana, stack, TITLES[0])
    start_draft(ana, workflow="quick")
    agent_writes(ana)
    is_saved(ana)
    killed = pid_of(stack, "web")
    kill(stack, "web")
    ana.wait_for_selector("#saved[data-state=offline]")
    assert ana.inner_text("#saved") == "Offline"
    stand_in_agent_text(ana)
    ana.keyboard.type("Nobody hears this yet. ")
    kept = ana.get_attribute("#saved", "title")
    assert "kept in this browser" in kept or ana.get_attribute("#saved", "data-state") == "saved"
    is_restarted(stack, "web", killed)
    is_saved(ana)
    assert "Nobody hears this yet." in database.texts(document)[0]
    provider.let_go()
    run_ends(ana)
    [text] = all_agree([ana], database, document)
    assert re.findall(r"w\d+", text) == COUNTED
    assert "Nobody hears this yet." in text


def test_run_finishes_though_redis_forgets_everything(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.say(counting)
    provider.set_pace(tokens_per_second=40)
    provider.hold()
    ana = open_page()
    document = new_document(ana, stack, *TITLES)
    start_draft(ana)
    agent_writes(ana, 30)
    killed = pid_of(stack, "redis")
    with redis.Redis.from_url(f"unix://{redis_socket(stack)}") as client:
        client.flushall()
    kill(stack, "redis")
    is_restarted(stack, "redis", killed)
    provider.let_go()
    run_ends(ana)
    texts = all_agree([ana], database, document)
    assert all(len(words_of(text)) >= COUNTED_WORDS for text in texts)
    assert [words_of(text) for text in database.written(document)] == [COUNTED] * len(TITLES)


def redis_socket(stack: Stack) -> str:
    code = "from django.conf import settings; print(settings.REDIS_SOCKET)"
    return stack.manage("shell", "-v0", "-c", code).strip().splitlines()[-1]
