"""An administrator sets up who writes, from provider to workflow; an author drafts with it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import new_document, run_ends, start_draft
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser


def test_from_a_provider_to_a_draft_by_a_new_role(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    admin = f"{stack.url}/admin/agents"
    provider.set_pace(tokens_per_second=400)

    page.goto(f"{admin}/provider/add/?preset=vllm")
    page.fill("[name=name]", "Elsewhere")
    page.fill("[name=base_url]", provider.base_url)
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("It works").wait_for()
    page.get_by_label("gpt-4o-mini").check()
    page.get_by_role("button", name="Save, and add the chosen models").click()
    page.get_by_text("1 model was added").wait_for()

    page.goto(f"{admin}/role/add/")
    page.fill("[name=name]", "Poet")
    page.press("[name=name]", "Tab")
    expect(page.locator("[name=slug]")).to_have_value("poet")
    page.select_option("[name=kind]", "writer")
    page.fill("[name=persona]", "You write in verse.")
    page.select_option("[name=model]", label="gpt-4o-mini (Elsewhere)")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was added successfully").wait_for()
    page.fill("[name=persona]", "You write in free verse.")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()

    page.get_by_role("link", name="Try it").click()
    page.get_by_role("button", name="Try both side by side").click()
    panes = page.locator(".trial-pane")
    for pane in (panes.nth(0), panes.nth(1)):
        expect(pane.get_by_role("status")).to_contain_text("tokens read")
        expect(pane.locator(".trial-answer")).not_to_be_empty()
    asked = [str(body["messages"]) for body in provider.bodies[-2:]]
    assert sorted("free verse" in messages for messages in asked) == [False, True]

    provider.set_pace(tokens_per_second=20)
    gone = len(provider.records)
    panes.nth(0).get_by_role("button", name="Try").click()
    expect(panes.nth(0).locator(".trial-answer")).not_to_be_empty()
    panes.nth(0).get_by_role("button", name="Cancel").click()
    provider.wait_for(lambda records: len(records) > gone)
    assert provider.records[-1].status == "client_gone"
    expect(panes.nth(0).get_by_role("status")).to_contain_text("Cancelled")
    provider.set_pace(tokens_per_second=400)

    page.goto(f"{admin}/workflow/add/")
    page.fill("[name=name]", "Poem")
    page.press("[name=name]", "Tab")
    expect(page.locator("[name=slug]")).to_have_value("poem")
    page.get_by_role("link", name="Add another Stage").click()
    page.fill("[name=stages-0-position]", "1")
    page.select_option("[name=stages-0-role]", label="Poet")
    page.get_by_role("button", name="Save and continue editing").click()
    drawn = page.get_by_role("region", name="What will run")
    expect(drawn.get_by_text("Poet")).to_have_count(3)

    new_document(page, stack, "Part 1")
    start_draft(page, workflow="poem")
    run_ends(page)
    page.locator("#runs .run h3 a").click()
    step = page.locator(".steps > li > details").first
    step.locator("> summary").click()
    expect(step.get_by_role("link", name="revision 2")).to_be_visible()
    expect(step).to_contain_text("gpt-4o-mini")
