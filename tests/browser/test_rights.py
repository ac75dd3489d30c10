"""What a page says when its person may no longer write: nothing typed goes nowhere unseen."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack, sign_in
from tests.browser.desk import Database, is_saved, new_document, stand_at_end, texts_of, until

pytestmark = pytest.mark.browser


def test_signing_out_elsewhere_is_told_at_once_and_the_text_stays(
    stack: Stack, browser: Any
) -> None:
    page = sign_in(browser, stack.url, reduced_motion="reduce")
    try:
        new_document(page, stack, "Where they grow")
        stand_at_end(page)
        page.keyboard.type("Typed before.")
        is_saved(page)
        other = page.context.new_page()
        other.goto(f"{stack.url}/accounts/logout/")
        other.click("main form button[type=submit]")
        other.wait_for_url("**/accounts/login/**")
        expect(page.locator("#banner:not([hidden])")).to_contain_text("signed out")
        assert texts_of(page) == ["Typed before."]
    finally:
        page.context.close()


def test_who_becomes_a_reader_is_told_and_reads_on_after_reloading(
    stack: Stack, open_page: Callable[..., Any], database: Database
) -> None:
    page = open_page()
    document = new_document(page, stack, "Where they grow")
    page.set_viewport_size({"width": 390, "height": 700})
    stand_at_end(page)
    for _ in range(30):
        page.keyboard.press("Enter")
    page.keyboard.type("Typed before.")
    is_saved(page)
    assert page.evaluate("scrollY") > 0
    database.rows("update writing_member set role = 'viewer' where document_id = ?", document.hex)
    expect(page.locator("#banner:not([hidden])")).to_contain_text("role")
    # It is seen wherever one has scrolled to.
    assert page.locator("#banner").bounding_box()["y"] > 0
    page.click("#banner a")
    page.wait_for_selector("#saved[data-state=readonly]")
    until(lambda: [text.strip() for text in texts_of(page)] == ["Typed before."])
