"""Two people and a guest: one shares, one comments, one reads for as long as the link is open."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.stack import Stack, sign_in
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
    browser: Any,
    open_page: Callable[..., Any],
    another: str,
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
    assert guest.locator("[data-share]").count() == 0

    # A commenter selects words and comments on them; the text shows that to everybody.
    ben = sign_in(browser, stack.url, another)
    try:
        assert "shared with you by ana" in ben.inner_text("#documents")
        ben.goto(f"{stack.url}/documents/{document}/")
        ready_to_read(ben)
        select_words(ben, 2, 7)
        assert ben.locator(".formatting > button").count() == 1
        ben.keyboard.press("Control+Alt+KeyM")
        ben.wait_for_selector("#dialog[open] textarea")
        assert "polyp" in ben.inner_text(".comment-quote")
        ben.keyboard.type("Which one?")
        ben.click("#dialog button.primary")
        ben.wait_for_selector("#dialog:not([open])", state="attached")
    finally:
        ben.context.close()
    ana.keyboard.press("Escape")
    ana.wait_for_selector(".section .comment")
    assert ana.inner_text(".section .comment") == "polyp"
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
    guest.wait_for_selector("#banner:not([hidden])")
    assert "no longer shared" in guest.inner_text("#banner")
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
