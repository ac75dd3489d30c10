"""What two people and an agent wrote is named, changed, compared, brought back and replayed."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    all_agree,
    is_saved,
    keep_toast,
    new_document,
    open_document,
    run_ends,
    share_with,
    stand_at_end,
    start_draft,
    until,
)
from tests.browser.test_accessibility import Auditor
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

MINE, THEIRS = "Nobody pays rent here. ", "Ben has seen the reef by night. "
AGENTS = "Corals build a city that never sleeps."


def write(page: Any, text: str) -> None:
    stand_at_end(page)
    page.keyboard.type(text)
    is_saved(page)


def open_history(page: Any) -> Any:
    page.get_by_role("tab", name="History").click()
    history = page.get_by_role("tabpanel", name="History")
    expect(history.get_by_label("Name for the document as it is now")).to_be_visible()
    return history


def options_of(history: Any, name: str, order: str) -> None:
    history.get_by_label(f"Options of “{name}”").click()
    history.locator(".version", has_text=name).get_by_text(order, exact=True).click()


def test_history(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
) -> None:
    ana, ben = open_page(), open_page(storage_state=another_signed_in)
    document = new_document(ana, stack, "Reefs", "Night")
    provider.say(lambda messages, body: None if body.get("response_format") else AGENTS)
    start_draft(ana)
    run_ends(ana)
    share_with(database, document, another)
    write(ana, MINE)
    open_document(ben, stack, document, 2)
    write(ben, THEIRS)
    [before, _night] = all_agree([ana, ben], database, document)

    history = open_history(ana)
    history.get_by_label("Name for the document as it is now").fill("First whole draft")
    history.get_by_label("Name for the document as it is now").press("Enter")
    named = history.locator(".version.named")
    expect(named).to_contain_text("First whole draft")
    expect(named).to_contain_text(another)
    expect(named).to_contain_text("+4")

    ben.keyboard.press("Control+Home")
    for _ in range(len("Corals ")):
        ben.keyboard.press("Delete")
    ben.keyboard.type("Polyps ")
    is_saved(ben)
    [changed, _night] = all_agree([ana, ben], database, document)
    assert changed.startswith("Polyps build")

    options_of(history, "First whole draft", "Compare with now")
    expect(ana.locator("del")).to_contain_text("Corals")
    expect(ana.locator("ins")).to_contain_text("Polyps")
    auditor = Auditor(ana)
    auditor.see("what changed, inline")
    ana.get_by_label("Show", exact=True).select_option("side")
    ana.get_by_role("button", name="Compare").click()
    expect(ana.locator("td ins")).to_contain_text("Polyps")
    auditor.see("what changed, side by side")

    ana.get_by_role("button", name="Restore “Reefs”").click()
    keep_toast(ana)
    until(lambda: database.texts(document)[0] == before)
    all_agree([ana, ben], database, document)
    write(ben, "Meanwhile. ")
    ana.get_by_role("button", name="Undo").click()
    expect(ana.locator("#toasts")).to_contain_text("undone")
    until(lambda: database.texts(document)[0] == changed + "Meanwhile. ")
    all_agree([ana, ben], database, document)

    open_history(ana)
    auditor.see("history")
    ana.get_by_role("link", name="Replay").click()
    replay = ana.locator("#replay")
    last = int(replay.locator("input[type=range]").get_attribute("max"))
    expect(replay).to_have_attribute("data-step", str(last))
    text = ana.locator(".replay-text")
    expect(text.locator(".by.agent", has_text="build").first).to_be_visible()
    expect(text).to_contain_text("Meanwhile.")
    auditor.see("replay")
    jump = ana.get_by_label("Go to")
    named_step = jump.locator("option", has_text="First whole draft").get_attribute("value")
    jump.select_option(named_step)
    expect(text).to_contain_text("Corals build")
    expect(text).not_to_contain_text("Meanwhile.")
    ana.get_by_label("Colour").select_option("agents")
    expect(text.locator(".by")).to_have_count(text.locator(".by.agent").count())
    slider = ana.get_by_role("slider", name="Moment")
    slider.press("Home")
    expect(replay).to_have_attribute("data-step", "0")
    expect(ana.get_by_text("Nothing was written yet.")).to_be_visible()
    slider.press("ArrowRight")
    expect(replay).to_have_attribute("data-step", "1")
    ana.get_by_label("Speed").select_option("4")
    ana.get_by_role("button", name="Play").click()
    expect(replay).to_have_attribute("data-step", str(last))
    expect(text).to_contain_text("Meanwhile.")
    assert not auditor.found, "\n".join(auditor.found)
