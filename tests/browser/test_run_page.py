"""The page of a run: it follows the run and disturbs nobody, and leads to what was written."""

from collections.abc import Callable
from typing import Any

import pytest

from bench.stack import Stack
from tests.browser.desk import agent_writes, new_document, start_draft
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser


def test_it_follows_the_run_and_leads_to_the_text(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    provider.set_pace(tokens_per_second=25)
    new_document(page, stack, "Part 1", "Part 2", words=40)
    start_draft(page, workflow="quick")
    agent_writes(page)
    page.get_by_role("link", name="Open the run").click()
    # A bar leads to its step, which opens and says what there is so far.
    page.locator(".lanes .bar a").first.click()
    details = page.locator(".steps > li > details[open]")
    details.locator(".attempts .facts").wait_for()
    details.locator("> summary").focus()
    page.get_by_role("heading", name="Draft finished").wait_for()
    assert details.count() == 1
    assert page.evaluate("document.activeElement.matches('.steps > li > details[open] > summary')")
    assert page.locator(".lanes .now").count() == 0

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
