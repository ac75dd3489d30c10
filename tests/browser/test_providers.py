"""An administrator sets up a provider: from a preset, tested, with models of its own list."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.test_accessibility import Auditor
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser


def test_a_provider_is_set_up_and_tested(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    names = [f"writer-{number}" for number in range(14)]
    provider.list_models({"data": [{"id": name} for name in [*names, "embed-1"]]})
    page = open_page()
    page.goto(f"{stack.url}/admin/agents/provider/add/")
    page.get_by_role("link", name="llama.cpp").click()
    address = page.get_by_label("Base URL")
    expect(address).to_have_value("http://localhost:8080/v1")
    address.fill("http://nowhere.invalid/v1")
    test = page.get_by_role("button", name="Test connection")
    test.click()
    result = page.get_by_role("status").filter(has_text="cannot be reached")
    expect(result).to_contain_text("There is no host of this name.")
    address.fill(provider.base_url)
    test.click()
    expect(page.get_by_text("It works: writer-0 began to answer after")).to_be_visible()
    # Found by a part of its name, with nothing but the keyboard.
    page.get_by_label("Find among its models").fill("writer-13")
    expect(page.get_by_text("writer-12")).to_be_hidden()
    box = page.get_by_label("writer-13")
    box.focus()
    page.keyboard.press("Space")
    auditor = Auditor(page)
    auditor.see("provider")
    page.get_by_role("button", name="Save, and add the chosen models").click()
    expect(page.get_by_text("1 model was added.")).to_be_visible()
    expect(page.locator("#id_models-0-name")).to_have_value("writer-13")
    page.goto(f"{stack.url}/admin/agents/localmodel/")
    auditor.see("local models")
    # The frame of the administration, which is not ours, has no landmarks.
    found = [line for line in auditor.found if ": region:" not in line and ": landmark" not in line]
    assert not found, "\n".join(found)
