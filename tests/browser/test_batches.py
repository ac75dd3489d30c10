"""The page of a batch follows it, and what is ordered there is shown at once."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.live_draft import shell
from bench.stack import USER, Stack
from tests.browser.test_accessibility import Auditor
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

START = f"""
from django.contrib.auth import get_user_model
from agents.actions.batches import create_batch
from agents.briefs import Brief
from agents.models import Workflow
rows = [Brief(f"Reef {{n}}", "How reefs live.", target_words=60) for n in range(1, 4)]
batch = create_batch(get_user_model().objects.get(username={USER!r}), name="Reefs", rows=rows,
                     workflow=Workflow.objects.get(slug="quick"), concurrency=2)
print(batch.pk)
"""


def test_a_batch_is_followed_paused_and_continued(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    provider.hold("writer")
    page = open_page()
    page.goto(f"{stack.url}/batches/{shell(stack, START)}/")
    rows = page.locator(".batch-rows > li")
    expect(rows.filter(has_text="Running")).to_have_count(2)
    # The sections appear as they are planned.
    expect(rows.first).to_contain_text("0 of 3 sections")
    auditor = Auditor(page)
    auditor.see("a batch that runs")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h1")).to_contain_text("Paused")
    expect(rows.nth(2)).to_contain_text("Waiting")
    provider.let_go()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("h1")).to_contain_text("Ended")
    expect(rows.filter(has_text="Finished")).to_have_count(3)
    page.get_by_role("link", name="Finished 3").click()
    expect(rows).to_have_count(3)
    rows.first.get_by_role("link", name="Reef 1").click()
    expect(page).to_have_title("Reef 1 · Scriptorium")
    page.goto(f"{stack.url}/batches/")
    auditor.see("the list of batches")
    assert not auditor.found, "\n".join(auditor.found)
