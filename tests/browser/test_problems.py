"""What goes wrong is said where people look, the rest goes on, and trying again continues."""

import os
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from bench.stack import Stack, free_port, sign_in
from tests.browser.desk import (
    Database,
    all_agree,
    new_document,
    run_ends,
    stand_at_end,
    start_draft,
    until,
    words_of,
)
from tests.browser.test_orders import has_status
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

# Section: what its writer meets, and what its author reads.
TROUBLES = {
    1: ("401@writer:1x0", "does not accept the API key"),
    2: ("429@writer:2x0+0.1", "limiting how often"),
    3: ("500@writer:3x0", "has a problem of its own (status 500)"),
    4: ("drop@writer:4x0", "broke while fake was answering"),
    5: ("empty@writer:5x0", "gave an empty answer"),
    6: ("stall@writer:6x0+30", "said nothing for 2 seconds"),
}


def fails(page: Any, section: int, message: str) -> None:
    """Until the message stands at the section and in the panel."""
    page.wait_for_function(
        """([index, message]) => {
          const section = document.querySelectorAll('.section')[index];
          const here = section.querySelector('.section-state .problem')?.textContent ?? '';
          const panel = [...document.querySelectorAll('#runs .troubles')]
            .map((list) => list.textContent).join(' ');
          return section.dataset.status === 'failed'
            && here.includes(message) && panel.includes(message);
        }""",
        arg=[section, message],
    )


def try_again_in_panel(page: Any, title: str) -> None:
    """Press the button of a trouble until it is gone: the list may move under the hand."""
    row = page.locator("#runs .troubles li").filter(has_text=title)

    def is_gone() -> bool:
        with suppress(PlaywrightTimeout):
            row.get_by_role("button").click(timeout=2000)
            row.wait_for(state="detached", timeout=2000)
        return not row.count()

    until(is_gone)


def test_each_problem_is_told_in_place_and_trying_again_finishes(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=500)
    provider.fail(*(fault for fault, _message in TROUBLES.values()))
    ana = open_page()
    document = new_document(ana, stack, *(f"Part {n}" for n in range(1, 8)), words=30)
    start_draft(ana, workflow="quick")
    for number, (_fault, message) in TROUBLES.items():
        fails(ana, number - 1, message)
    has_status(ana, 6, "done")
    run_ends(ana, "partly_finished")
    assert "sk-fake" not in ana.content()
    before = database.texts(document)
    assert words_of(before[3]), "what came before the connection broke is kept"
    provider.fail()
    for number in (1, 2, 3):
        section = ana.locator(".section").nth(number - 1)
        section.get_by_role("button", name="Try again").click()
        has_status(ana, number - 1, "done")
    for number in (4, 5, 6):
        try_again_in_panel(ana, f"Part {number}")
    run_ends(ana)
    texts = all_agree([ana], database, document)
    assert all(words_of(text) for text in texts)
    assert words_of(texts[3])[: len(words_of(before[3]))] == words_of(before[3])
    expect(ana.locator(".section-state .problem, #runs .troubles")).to_have_count(0)


def test_answer_that_never_ends_is_cut_off_and_told(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=200)
    provider.fail("endless@writer:1x0")
    ana = open_page()
    document = new_document(ana, stack, "Part 1", "Part 2", words=30)
    limit = "update agents_role set max_tokens = ? where slug = 'writer'"
    [(most,)] = database.rows("select max_tokens from agents_role where slug = 'writer'")
    database.rows(limit, 100)  # reached soon
    try:
        start_draft(ana, workflow="quick")
        has_status(ana, 1, "done")
        fails(ana, 0, "did not come to an end and was cut off")
    finally:
        database.rows(limit, most)
    assert len(words_of(database.texts(document)[0])) > 60, "what was written is kept"


def test_answers_that_are_no_json_are_told_and_tried_again(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=500)
    provider.fail("badjson@critic:1x0", "badjson@editor:2x0")
    ana = open_page()
    document = new_document(ana, stack, "Part 1", "Part 2", "Part 3", words=30)
    start_draft(ana)
    has_status(ana, 2, "done")
    until(lambda: {status for _id, status in database.sections(document)} <= {"done", "failed"})
    texts = database.texts(document)
    assert all(words_of(text) for text in texts)
    ana.wait_for_selector("#runs > .run.past")
    said = re.compile("could not be used|in the form that was asked for")
    expect(ana.locator("#runs")).to_contain_text(said)
    provider.fail()
    for section in range(3):
        again = ana.locator(".section").nth(section).get_by_role("button", name="Try again")
        if again.count():
            again.click()
            has_status(ana, section, "done")
    run_ends(ana)


def test_provider_that_cannot_be_reached_is_told_and_comes_back(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=500)
    ana = open_page()
    document = new_document(ana, stack, "Part 1", "Part 2", words=30)
    [(address,)] = database.rows("select base_url from agents_provider where slug = 'environment'")
    move = "update agents_provider set base_url = ? where slug = 'environment'"
    gone = f"http://127.0.0.1:{free_port()}/v1"
    database.rows(move, gone)
    start_draft(ana, workflow="quick")
    for section in (0, 1):
        fails(ana, section, "cannot be reached")
    run_ends(ana, "failed")
    database.rows(move, address)
    for section in (0, 1):
        ana.locator(".section").nth(section).get_by_role("button", name="Try again").click()
        has_status(ana, section, "done")
    run_ends(ana)
    assert all(words_of(text) for text in all_agree([ana], database, document))


def test_planner_that_fails_is_told_and_tried_again(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.fail("401@*x0")
    ana = open_page()
    ana.goto(f"{stack.url}/documents/new/")
    ana.fill("[name=title]", "The quiet city")
    ana.fill("[name=brief]", "How a reef lives.")
    ana.click("button[value=plan]")
    run_ends(ana, "failed")
    expect(ana.locator("#runs .troubles")).to_contain_text("does not accept the API key")
    provider.fail()
    ana.click("#runs .troubles button")
    run_ends(ana)
    expect(ana.locator(".section").nth(2)).to_be_attached()


@pytest.mark.parametrize(
    "brief", ["", " \n\t ", "coral " * 170_000], ids=["empty", "blank", "1 MB"]
)
def test_bad_brief_is_told_at_the_field_and_nothing_is_made(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    open_page: Callable[..., Any],
    brief: str,
) -> None:
    ana = open_page()
    before = database.rows("select count(*) from writing_document")
    ana.goto(f"{stack.url}/documents/new/")
    ana.fill("[name=title]", "The quiet city")
    ana.fill("[name=brief]", brief)
    ana.click("button[value=plan]")
    error = ana.locator("#id_brief_error")
    error.wait_for()
    assert error.inner_text().strip()
    assert ana.input_value("[name=title]") == "The quiet city"
    assert database.rows("select count(*) from writing_document") == before
    ana.fill("[name=brief]", "How a reef lives.")
    ana.click("button[value=alone]")
    ana.wait_for_selector("#outline .outline-none")


def test_unknown_and_foreign_documents_are_not_found(
    stack: Stack, another_signed_in: Any, open_page: Callable[..., Any]
) -> None:
    ana, ben = open_page(), open_page(storage_state=another_signed_in)
    document = new_document(ana, stack, "Part 1")
    for page, found in ((ben, document), (ana, uuid4()), (ben, uuid4())):
        address = f"{stack.url}/documents/{found}/"
        for path in ("", "outline/", "runs/", "review/", "export/md/", "draft/"):
            assert page.request.get(address + path).status == 404
        assert page.goto(address).status == 404
        page.get_by_role("link", name="documents").first.wait_for()
        code = page.evaluate(
            """path => new Promise((resolve) => {
                 new WebSocket(path).onclose = (event) => resolve(event.code);
               })""",
            f"{stack.url.replace('http', 'ws')}/ws/documents/{found}/",
        )
        assert code == 4404


def test_who_is_signed_out_elsewhere_is_told_and_keeps_what_was_written(
    stack: Stack, provider: FakeProvider, browser: Any, open_page: Callable[..., Any]
) -> None:
    first = sign_in(browser, stack.url, reduced_motion="reduce")
    document = new_document(first, stack, "Part 1")
    stand_at_end(first)
    first.keyboard.type("Still here.")
    first.wait_for_selector("#saved[data-state=saved]")
    first.context.request.post(
        f"{stack.url}/accounts/logout/",
        headers={
            "X-CSRFToken": first.evaluate(
                "JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken']"
            ),
            "Referer": stack.url,
        },
    )
    web = int((stack.directory / "run" / "web.pid").read_text().split()[0])
    os.kill(web, signal.SIGKILL)  # every socket has to come back
    expect(first.locator("#banner:not([hidden])")).to_contain_text("signed out", timeout=28_000)
    expect(first.locator(".section .ProseMirror")).to_contain_text("Still here.")
    first.click("#banner a")
    first.fill("input[name=login]", "ana")
    first.fill("input[name=password]", "a quiet city under the sea")
    first.click("form button[type=submit]")
    first.wait_for_url(f"{stack.url}/documents/{document}/")
    first.wait_for_function("() => document.body.textContent.includes('Still here.')")
    first.context.close()
