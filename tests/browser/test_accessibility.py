"""Every screen passes axe's rules, in light and dark, wide and on a phone."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import ROOT, Stack
from tests.browser.desk import (
    agent_writes,
    new_document,
    painted,
    ready,
    run_ends,
    stand_at_end,
    start_draft,
)
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LOOKS: list[dict[str, Any]] = [
    {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
    {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
]
NAMES = ["light", "dark", "phone", "phone, dark"]


def violations(page: Any, *rules: str) -> list[str]:
    """What axe objects to on the page as it stands, a line for each place. `rules`: only these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Path(AXE).read_text())
    # What fades in would be judged half transparent.
    page.evaluate(
        """() => document.getAnimations().forEach((animation) => {
             if (animation.effect.getComputedTiming().iterations !== Infinity) animation.finish();
           })"""
    )
    found: list[str] = page.evaluate(
        """async (rules) => {
          const options = {resultTypes: ['violations'], ...(rules.length && {runOnly: rules})};
          const {violations} = await axe.run(document, options);
          return violations.flatMap(({id, nodes}) => nodes.map(({target, any}) =>
            `${id}: ${target.join(' ')} ${any.map(({message}) => message).join('; ')}`));
        }""",
        rules,
    )
    return found


class Auditor:
    """One page in every look; `see` collects what axe objects to."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.found: list[str] = []

    def see(self, screen: str) -> None:
        for look, name in zip(LOOKS, NAMES, strict=True):
            self.page.emulate_media(color_scheme=look["color_scheme"])
            self.page.set_viewport_size(look["viewport"])
            # In the dark only the colours are others.
            rules = ["color-contrast"] if look["color_scheme"] == "dark" else []
            self.found += [f"{screen}, {name}: {line}" for line in violations(self.page, *rules)]
            overflow = self.page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if overflow > 0:
                self.found.append(f"{screen}, {name}: {overflow} px wider than the window")
        self.page.set_viewport_size(LOOKS[0]["viewport"])


@pytest.fixture
def auditor(open_page: Callable[..., Any]) -> Iterator[Auditor]:
    auditor = Auditor(open_page())
    yield auditor
    assert not auditor.found, "\n".join(auditor.found)


def test_screens_of_who_is_not_signed_in(stack: Stack, open_page: Callable[..., Any]) -> None:
    auditor = Auditor(open_page(storage_state=None))
    for path in ("login", "password/reset"):
        auditor.page.goto(f"{stack.url}/accounts/{path}/")
        auditor.see(path)
    auditor.page.goto(f"{stack.url}/accounts/login/")
    auditor.page.fill("input[name=login]", "nobody")
    auditor.page.fill("input[name=password]", "wrong")
    auditor.page.click("main form button[type=submit]")
    auditor.page.wait_for_selector(".problem, .error, .errorlist")
    auditor.see("login with errors")
    assert not auditor.found, "\n".join(auditor.found)


def test_setup(stack: Stack, open_page: Callable[..., Any], prepared: Path, tmp_path: Path) -> None:
    fresh = Stack(tmp_path / "data", LOCAL_MODEL="none")
    shutil.copytree(prepared / "unused", fresh.directory)
    fresh.start()
    try:
        link = re.search(r"http\S+/setup/\S+/", (fresh.directory / "up.log").read_text())
        assert link
        auditor = Auditor(open_page(storage_state=None))
        auditor.page.goto(fresh.url)
        auditor.see("welcome")
        auditor.page.goto(link[0])
        auditor.see("setup")
        auditor.page.click("main button[type=submit]")
        auditor.page.wait_for_selector(".error")
        auditor.see("setup with errors")
        for name, value in (("username", "ana"), ("email", "ana@example.org")):
            auditor.page.fill(f"input[name={name}]", value)
        for name in ("password1", "password2"):
            auditor.page.fill(f"input[name={name}]", "a quiet city under the sea")
        auditor.page.click("main button[type=submit]")
        auditor.page.wait_for_url(f"{fresh.url}/")
        auditor.see("library, empty")
        assert not auditor.found, "\n".join(auditor.found)
    finally:
        fresh.stop()


def test_library_and_new_document(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    new_document(page, stack, "Part 1")
    page.goto(stack.url)
    auditor.see("library")
    page.locator(".library-row summary").first.click()
    auditor.see("library, menu open")
    page.get_by_text("Title and brief").first.click()
    page.wait_for_selector("#dialog[open]")
    auditor.see("about this document")
    page.goto(f"{stack.url}/?q=nothing+is+called+so")
    auditor.see("library, nothing found")
    page.goto(f"{stack.url}/documents/new/")
    auditor.see("new document")
    page.click("button[value=plan]")
    page.wait_for_selector(".error")
    auditor.see("new document with errors")
    page.goto(f"{stack.url}/documents/00000000-0000-4000-8000-000000000000/")
    auditor.see("404")
    page.goto(f"{stack.url}/accounts/password/change/")
    auditor.see("change the password")


def test_manuscript_without_a_run(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    page.goto(f"{stack.url}/documents/new/")
    page.fill("[name=title]", "The quiet city")
    page.fill("[name=brief]", "How a reef lives.")
    page.click("button[value=alone]")
    page.wait_for_selector("#outline .outline-none")
    page.wait_for_selector("#runs")
    auditor.see("manuscript, no sections")
    new_document(page, stack, "Part 1", "Part 2")
    auditor.see("manuscript, empty")
    page.locator("#sections summary").first.click()
    auditor.see("section menu")
    page.get_by_text("Brief and length").first.click()
    page.wait_for_selector("#dialog[open]")
    auditor.see("section form")
    page.keyboard.press("Escape")
    page.click("header button.primary")
    page.wait_for_selector("#dialog[open] [name=workflow]")
    auditor.see("draft dialog")
    page.keyboard.press("Escape")
    page.set_viewport_size(LOOKS[2]["viewport"])
    for sheet in ("Outline", "Runs", "Review"):
        page.locator(".bottom-bar").get_by_role("button", name=sheet).click()
        auditor.found += [f"sheet {sheet}: {line}" for line in violations(page)]
        page.keyboard.press("Escape")


def test_manuscript_with_runs(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    # It still runs when it has been looked at.
    provider.hold()
    new_document(page, stack, "Part 1", "Part 2", words=60)
    start_draft(page)
    agent_writes(page)
    auditor.see("manuscript, running")
    page.get_by_role("link", name="Open the run").click()
    page.wait_for_selector(".lanes .now", state="attached")
    auditor.see("run, running")
    page.go_back()
    ready(page, 2)
    page.get_by_role("button", name="Stop all").click()
    run_ends(page, "stopped")
    auditor.see("manuscript, stopped")
    provider.let_go()
    page.locator("#runs .run").first.get_by_role("button", name="Continue").click()
    run_ends(page)
    page.click("#tab-review")
    page.wait_for_selector("#review .thread, #review .resolved")
    for details in page.locator("#review details:not([open]) > summary").all():
        if details.is_visible():
            details.click()
    auditor.see("manuscript with remarks")
    page.click("#tab-runs")
    page.locator("#runs .run h3 a").first.click()
    page.wait_for_selector(".steps")
    page.locator(".compared summary").click()
    page.locator(".steps summary").first.click()
    page.wait_for_selector(".steps .attempts details[open] > .long")
    auditor.see("run")
    page.get_by_role("link", name="Undo this attempt").first.click()
    page.wait_for_selector("#dialog[open]")
    auditor.see("undo an attempt")
    page.locator("#dialog button.primary").click()
    page.wait_for_selector(".steps .attempts form button")
    auditor.see("an attempt that is undone")


def test_finding_and_shortcuts(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    new_document(page, stack, "Part 1")
    page.keyboard.press("Control+f")
    page.keyboard.type("reef")
    auditor.see("finding")
    page.keyboard.press("Control+/")
    page.wait_for_selector("#dialog[open]")
    auditor.see("shortcuts")
    # Opened before the page has heard that it was closed.
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    painted(page)
    expect(page.locator("#dialog[open] h2")).to_have_text("Keyboard shortcuts")


def test_writing_with_blocks(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    new_document(page, stack, "Part 1")
    stand_at_end(page)
    page.keyboard.type("/")
    page.wait_for_selector("#blocks:not([hidden])")
    auditor.see("choosing a block")
    page.locator("#block-table").click()
    page.wait_for_selector(".table-tools:not([hidden])")
    for heading in ("Zone", "Depth", "Light"):
        page.keyboard.type(heading)
        page.keyboard.press("Tab")
    page.keyboard.type("Terrace")
    page.keyboard.press("Shift+Home")
    page.wait_for_selector(".formatting:not([hidden])")
    auditor.see("formatting in a table")


def test_manuscript_with_problems(stack: Stack, provider: FakeProvider, auditor: Auditor) -> None:
    page = auditor.page
    provider.fail("401@*x0")
    new_document(page, stack, "Part 1")
    start_draft(page)
    run_ends(page, "failed")
    page.wait_for_selector(".section-state .problem")
    auditor.see("manuscript with problems")
    page.locator("#runs .run h3 a").first.click()
    page.wait_for_selector(".steps")
    auditor.see("failed run")
