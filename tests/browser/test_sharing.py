"""Two people and a guest: one shares, one comments, one reads for as long as the link is open."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    painted,
    stand_at_end,
    texts_of,
    until,
)
from tests.browser.test_accessibility import Auditor

pytestmark = pytest.mark.browser

WORDS = "A polyp lays down stone."


def select_words(page: Any, first: int, last: int) -> None:
    """Select characters of the first paragraph, as a person drawing the pointer over them."""
    page.evaluate(
        """([first, last]) => {
          const editor = document.querySelector('.section .ProseMirror');
          editor.focus();
          const text = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT).nextNode();
          getSelection().setBaseAndExtent(text, first, text, last);
        }""",
        [first, last],
    )
    painted(page)
    page.wait_for_selector(".formatting:not([hidden])")


def settled(page: Any) -> None:
    """Until htmx has taken over what it put into the page."""
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')"
    )


def test_sharing_commenting_and_reading_by_a_link(
    stack: Stack,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
    database: Database,
) -> None:
    ana, guest = open_page(), open_page(storage_state=None)
    auditors = [Auditor(ana), Auditor(guest)]
    document = new_document(ana, stack, "How it grows")
    stand_at_end(ana)
    ana.keyboard.type(WORDS)
    is_saved(ana)

    # A person by name, whose role is then another one.
    ana.click("[data-share]")
    ana.fill("#share-who", another)
    ana.keyboard.press("Enter")
    ana.get_by_label("Role of ben").wait_for()
    settled(ana)
    ana.get_by_label("Role of ben").select_option("commenter")
    until(
        lambda: (
            database.rows(
                "select count(*) from writing_member where document_id = ? and role = 'commenter'",
                document.hex,
            )
            == [(1,)]
        )
    )

    # A link, shown once, which a guest reads by.
    settled(ana)
    ana.get_by_text("Make a link").first.click()
    ana.get_by_role("button", name="Make the link").click()
    address = ana.locator("#share-address").input_value()
    auditors[0].see("share dialog")
    guest.goto(address)
    ready_to_read(guest)
    until(lambda: [text.strip() for text in texts_of(guest)] == [WORDS])
    auditors[1].see("manuscript of a guest")
    expect(guest.locator("[data-share]")).to_have_count(0)

    # A commenter selects words and comments on them; the text shows that to everybody.
    ben = open_page(storage_state=another_signed_in)
    ben.goto(stack.url)
    expect(ben.locator("#documents")).to_contain_text("shared with you by ana")
    ben.goto(f"{stack.url}/documents/{document}/")
    ready_to_read(ben)
    select_words(ben, 2, 7)
    expect(ben.locator(".formatting > button")).to_have_count(2)
    ben.keyboard.press("Control+Alt+KeyM")
    expect(ben.locator("#dialog[open] textarea")).to_be_focused()
    expect(ben.locator(".comment-quote")).to_contain_text("polyp")
    ben.keyboard.type("Which one?")
    ben.click("#dialog button.primary")
    ben.wait_for_selector("#dialog:not([open])", state="attached")
    ben.context.close()
    ana.keyboard.press("Escape")
    ana.wait_for_selector(".section .comment")
    expect(ana.locator(".section .comment")).to_have_text("polyp")
    # The panel knows of it a moment later.
    ana.wait_for_selector("#tab-review .count:not([hidden])")
    ana.click(".section .comment")
    ana.get_by_text("Which one?").wait_for()

    # An editor has the same button beside the others.
    select_words(ana, 0, 1)
    ana.click(".formatting [data-comment]")
    ana.wait_for_selector("#dialog[open] textarea")
    auditors[0].see("comment form")
    ana.keyboard.press("Escape")

    # What closes the link closes the guest's page; undo opens it again.
    ana.click("[data-share]")
    ana.get_by_role("button", name="Close the link").wait_for()
    settled(ana)
    ana.get_by_role("button", name="Close the link").click()
    expect(guest.locator("#banner:not([hidden])")).to_contain_text("no longer shared")
    ana.get_by_role("button", name="Undo").wait_for()
    settled(ana)
    ana.get_by_role("button", name="Undo").click()
    ana.get_by_role("button", name="Close the link").wait_for()
    guest.reload()
    ready_to_read(guest)
    guest.get_by_role("link", name="Sign in").first.click()
    guest.wait_for_selector("input[name=login]")
    guest.fill("input[name=login]", another)
    guest.fill("input[name=password]", "a quiet city under the sea")
    guest.click("main form button[type=submit]")
    guest.wait_for_url(f"{stack.url}/documents/{document}/")
    assert not [line for auditor in auditors for line in auditor.found]


def ready_to_read(page: Any) -> None:
    page.wait_for_selector("#saved[data-state=readonly]")
    page.wait_for_selector(".section-text[data-ready=true]")
