"""Suggesting other words by the form, and deciding on cards in Review."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    keep_toast,
    new_document,
    share_with,
    stand_at_end,
    until,
)
from tests.browser.test_accessibility import Auditor

pytestmark = pytest.mark.browser

TYPED = "Reefs grow slow and last for ever."


def choose(page: Any, words: str) -> None:
    """Select words of the first section, as by dragging over them."""
    page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(
            document.querySelector('.ProseMirror'), NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const at = walker.currentNode.data.indexOf(words);
            if (at < 0) continue;
            getSelection().setBaseAndExtent(
              walker.currentNode, at, walker.currentNode, at + words.length);
            return;
          }
        }""",
        words,
    )


def suggest(page: Any, old: str, new: str, why: str = "") -> None:
    choose(page, old)
    page.click(".formatting [data-suggest]")
    expect(page.locator("#id_new_text")).to_have_value(old)
    page.fill("#id_new_text", new)
    page.fill("#id_reason", why)
    page.click("#dialog button[type=submit]")
    page.wait_for_selector("#dialog:not([open])", state="attached")


def test_who_may_only_comment_suggests_and_the_author_decides(
    stack: Stack,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
    database: Database,
) -> None:
    ana = open_page()
    document = new_document(ana, stack, "Where they grow")
    stand_at_end(ana)
    ana.keyboard.type(TYPED)
    is_saved(ana)
    share_with(database, document, another)
    database.rows(
        "update writing_member set role = 'commenter' where role != 'owner' and document_id = ?",
        document.hex,
    )
    ben = open_page(storage_state=another_signed_in)
    ben.goto(f"{stack.url}/documents/{document}/")
    ben.wait_for_selector(".section-text[data-ready=true]")
    ben.locator(".ProseMirror").click()
    suggest(ben, "slow", "slowly", "An adverb is meant.")
    ben.locator(".ProseMirror").click()
    suggest(ben, "for ever", "long")
    ana.click("#tab-review")
    cards = ana.locator("[data-suggestion-card]")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("An adverb is meant.")
    expect(cards.first.locator("del")).to_have_text("slow")
    expect(cards.first.locator("ins")).to_have_text("slowly")
    auditor = Auditor(ana)
    auditor.see("suggestions")
    assert not auditor.found, "\n".join(auditor.found)

    cards.first.get_by_role("button", name="Accept").click()
    expect(cards).to_have_count(1)
    keep_toast(ana)
    until(lambda: database.texts(document) == [TYPED.replace("slow", "slowly")])
    expect(ana.locator(".ProseMirror")).to_contain_text("Reefs grow slowly and last")
    ana.get_by_role("button", name="Undo", exact=True).click()
    expect(cards).to_have_count(2)
    until(lambda: database.texts(document) == [TYPED])

    # What is chosen is meant; with nothing chosen, all.
    expect(ana.get_by_role("button", name="Accept all")).to_be_visible()
    ana.locator(".choose").last.click()
    ana.get_by_role("button", name="Reject chosen").click()
    expect(cards).to_have_count(1)
    expect(cards.first.locator("ins")).to_have_text("slowly")
    assert database.texts(document) == [TYPED]
    expect(ben.locator(".ProseMirror del")).to_have_text("slow")
