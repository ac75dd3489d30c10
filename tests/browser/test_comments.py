"""Two people and an agent talk about words of the text."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    open_document,
    share_with,
    stand_at_end,
)
from tests.browser.test_accessibility import Auditor
from tests.browser.test_sharing import select_words
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

WORDS = "A polyp lays down stone."
ANSWER = "By the width of a nail, in a year."


def call(page: Any, name: str) -> None:
    """Type the beginning of a name and choose it from the list, by keyboard."""
    page.keyboard.type(f"@{name[:2]}")
    page.locator(".mention-list [role=option]", has_text=name).wait_for()
    expect(page.locator(":focus")).to_have_attribute("aria-activedescendant", "mention-0")
    page.keyboard.press("Enter")


def test_mentions_an_answer_the_bell_filters_and_words_that_go(
    stack: Stack,
    provider: FakeProvider,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
    database: Database,
) -> None:
    provider.say(lambda messages, body: ANSWER if "ROLE: answer" in str(messages) else None)
    provider.hold()
    ana, ben = open_page(), open_page(storage_state=another_signed_in)
    auditor = Auditor(ana)
    document = new_document(ana, stack, "How it grows")
    share_with(database, document, another)
    open_document(ben, stack, document, 1)
    expect(ben.locator(".bell .count")).to_have_count(0)
    stand_at_end(ana)
    ana.keyboard.type(WORDS)
    is_saved(ana)

    # A person and a role, called by keyboard. Escape closes the list and leaves the dialog open.
    select_words(ana, 2, 7)
    ana.keyboard.press("Control+Alt+KeyM")
    expect(ana.locator("#dialog[open] textarea")).to_be_focused()
    ana.keyboard.type("@")
    ana.wait_for_selector(".mention-list:not([hidden])")
    auditor.see("completing a mention")
    ana.keyboard.press("Escape")
    expect(ana.locator(".mention-list")).to_have_count(0)
    ana.keyboard.press("Backspace")
    ana.keyboard.type("How fast, ")
    call(ana, "Critic")
    ana.keyboard.type("and ")
    call(ana, another)
    expect(ana.locator("#dialog textarea")).to_have_value(f"How fast, @Critic and @{another} ")
    ana.click("#dialog button.primary")
    ana.wait_for_selector("#dialog:not([open])", state="attached")

    # The role is seen answering, then its answer stands there with what it took.
    ana.click("#tab-review")
    expect(ana.locator(".thread .mention")).to_have_text(["@Critic", f"@{another}"])
    expect(ana.locator(".remark.awaited")).to_contain_text("is answering")
    provider.let_go()
    expect(ana.locator(".thread")).to_contain_text(ANSWER)
    expect(ana.locator(".thread")).to_contain_text("tokens")

    # The other one's bell counts without a reload; following leads to the thread.
    expect(ben.locator(".bell .count")).to_have_text("1")
    ben.focus("[data-bell]")
    ben.keyboard.press("Enter")
    ben.wait_for_selector("#dialog[open] .notification.unread")
    ben.get_by_role("link", name="ana mentioned you").click()
    expect(ben.locator(".thread:focus")).to_contain_text("How fast")
    expect(ben.locator(".bell .count")).to_have_count(0)

    # A filter outlives what comes in meanwhile.
    ana.click(".review-filters summary")
    ana.select_option("#filter-author", label="Critic")
    ana.wait_for_selector("[data-show-all]")
    ben.click(".thread .reply summary")
    ben.fill(".thread .reply[open] textarea", "So slowly?")
    ben.click(".thread .reply[open] button")
    expect(ana.locator(".thread")).to_contain_text("So slowly?")
    expect(ana.locator("#filter-author option:checked")).to_have_text("Critic")
    ana.select_option("#filter-state", "resolved")
    expect(ana.locator("#review .empty")).to_contain_text("Nothing of that kind")
    # Who presses on the words gets their thread nevertheless.
    ana.locator(".section .comment").click()
    expect(ana.locator(".thread")).to_contain_text(ANSWER)
    expect(ana.locator("#filter-state")).to_have_value("")

    # The words go; what was said of them stays, and says so. They come back, and so does that.
    stand_at_end(ana)
    ana.keyboard.press("Control+a")
    ana.keyboard.press("Delete")
    expect(ana.locator(".thread .gone")).to_contain_text("have been deleted")
    expect(ana.locator(".thread .quote")).to_have_text("polyp")
    expect(ana.locator("#tab-review .count")).to_have_text("1")
    auditor.see("review of words that are gone")
    ana.locator(".section .ProseMirror").focus()
    ana.keyboard.press("Control+z")
    expect(ana.locator(".thread .gone")).to_have_count(0)

    # What one is told, and where.
    ana.click("[data-bell]")
    ana.wait_for_selector("#dialog[open] .notification")
    auditor.see("notifications")
    ana.locator("#dialog").get_by_role("link", name="Settings").click()
    ana.wait_for_selector(".notification-choice")
    auditor.see("notification settings")
    ana.locator("#dialog").get_by_role("button", name="Save").click()
    ana.wait_for_selector("#dialog:not([open])", state="attached")
    assert not auditor.found, "\n".join(auditor.found)
