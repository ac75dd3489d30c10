"""The page of a run: it follows the run and disturbs nobody, and leads to what was written."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    agent_writes,
    all_agree,
    is_saved,
    new_document,
    open_document,
    run_ends,
    stand_at_end,
    stand_in_agent_text,
    start_draft,
    until,
    words_of,
)
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting

pytestmark = pytest.mark.browser


def test_it_follows_the_run_and_leads_to_the_text(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    provider.set_pace(tokens_per_second=25)
    provider.hold()
    new_document(page, stack, "Part 1", "Part 2", words=40)
    start_draft(page, workflow="quick")
    agent_writes(page)
    page.get_by_role("link", name="Open the run").click()
    # A bar leads to its step, which opens and says what there is so far.
    page.locator(".lanes .bar a").first.click()
    details = page.locator(".steps > li > details[open]")
    details.locator(".attempts .facts").wait_for()
    details.locator("> summary").focus()
    provider.let_go()
    page.get_by_role("heading", name="Draft finished").wait_for()
    expect(page.locator(".lanes .now")).to_have_count(0)
    expect(details).to_have_count(1)
    expect(details.locator("> summary")).to_be_focused()

    link = details.get_by_role("link", name="Show what it wrote")
    attempt = link.get_attribute("href").split("#attempt-")[1]
    link.click()
    page.wait_for_function(
        """(attempt) => {
          const words = document.querySelector(`.agent[data-attempt="${attempt}"]`);
          if (!words) return false;
          const {backgroundColor} = getComputedStyle(words);
          return !['rgba(0, 0, 0, 0)', 'transparent'].includes(backgroundColor);
        }""",
        arg=attempt,
    )


def test_an_attempt_is_undone_and_brought_back_before_everybodys_eyes(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    ana, second = open_page(), open_page()
    provider.say(counting)
    provider.set_pace(tokens_per_second=400)
    document = new_document(ana, stack, "Part 1", words=COUNTED_WORDS)
    start_draft(ana, workflow="quick")
    run_ends(ana)
    stand_in_agent_text(ana)
    ana.keyboard.type("inside ")
    stand_at_end(ana)
    ana.keyboard.press("Enter")
    ana.keyboard.type("elsewhere")
    is_saved(ana)
    [before] = database.texts(document)
    open_document(second, stack, document, 1)

    ana.locator("#runs .run h3 a").click()
    ana.locator(".steps > li > details > summary").first.click()
    ana.get_by_role("link", name="Undo this attempt").click()
    dialog = ana.get_by_role("dialog", name="Undo this attempt?")
    expect(dialog).to_contain_text(f"{COUNTED_WORDS} words that it wrote go")
    dialog.get_by_role("button", name="Undo this attempt").click()
    ana.locator(".steps .tag", has_text="Undone").first.wait_for()
    [after] = all_agree([second], database, document)
    assert words_of(after) == ["inside", "elsewhere"]

    ana.locator(".toast").get_by_role("button", name="Undo").click()
    ana.get_by_role("link", name="Undo this attempt").wait_for()
    until(lambda: database.texts(document) == [before])
    assert all_agree([second], database, document) == [before]
    expect(ana.locator(".steps .tag", has_text="Undone")).to_have_count(0)
