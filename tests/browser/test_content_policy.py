"""No screen needs what its content security policy forbids, and the policy does forbid it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    agent_writes,
    new_document,
    painted,
    run_ends,
    stand_at_end,
    stand_in_agent_text,
    start_draft,
)
from tests.browser.watched import Watched
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

MODELS = [
    "agents/provider",
    "agents/model",
    "agents/role",
    "agents/workflow",
    "agents/limits",
    "agents/personlimit",
    "agents/budget",
    "agents/run",
    "auth/user",
    "auth/group",
]
FROM_ELSEWHERE = """
<meta charset="utf-8"><style><!-- /* Cells */ .heavy {font-weight: 700} --></style>
<b style="font-weight:normal" id="docs-1"><p class='x'STYLE='line-height: 1.4'>
<span style="font-style: italic; color: red">leaning</span> <i style="font-style: normal"></i>
<span style="font-weight: 700">heavy</span> <span style="font-weight: 400">plain</span></p></b>
<table style="border: 1px"><tbody><tr>
<td class="heavy" style="width: 9em">by sheet</td><td>two</td></tr></tbody></table>
"""


# Leads to the form of what is in a row of the administration's lists.
CHANGE = "#result_list a[href*='/change/']"
DISPOSITION = "content-disposition"


@pytest.fixture
def watch(open_page: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Opens a page as `open_page` does; none may have broken a policy in the end."""
    watched = []

    def opened(**options: Any) -> Any:
        watched.append(Watched(open_page(**options)))
        return watched[-1].page

    yield opened
    complaints = [complaint for each in watched for complaint in each.complaints]
    assert not complaints, "\n".join(complaints)


def open_all(page: Any, selector: str) -> None:
    """Press what opens a menu or a fold, one after the other."""
    for summary in page.locator(selector).all():
        if summary.is_visible():
            summary.click()


def test_before_signing_in(stack: Stack, watch: Callable[..., Any]) -> None:
    page = watch(storage_state=None)
    page.goto(f"{stack.url}/accounts/password/reset/")
    page.goto(f"{stack.url}/accounts/login/")
    page.fill("input[name=login]", "nobody")
    page.fill("input[name=password]", "wrong")
    page.click("main form button[type=submit]")
    page.wait_for_selector(".problem, .error, .errorlist")


def test_library_and_new_document(
    stack: Stack, provider: FakeProvider, watch: Callable[..., Any]
) -> None:
    page = watch()
    new_document(page, stack, "Part 1")
    page.goto(stack.url)
    page.locator(".library-row summary").first.click()
    page.get_by_text("Title and brief").first.click()
    page.wait_for_selector("#dialog[open]")
    page.keyboard.press("Escape")
    page.goto(f"{stack.url}/?q=nothing+is+called+so")
    page.goto(f"{stack.url}/documents/new/")
    page.click("button[value=plan]")
    page.wait_for_selector(".error")
    page.goto(f"{stack.url}/nowhere/")
    page.goto(f"{stack.url}/accounts/password/change/")


def test_a_manuscript_and_its_run(
    stack: Stack, provider: FakeProvider, watch: Callable[..., Any]
) -> None:
    page = watch()
    provider.set_pace(tokens_per_second=60)
    provider.hold()
    document = new_document(page, stack, "Part 1", "Part 2", words=40)
    page.locator("#sections summary").first.click()
    page.get_by_text("Brief and length").first.click()
    page.wait_for_selector("#dialog[open]")
    page.keyboard.press("Escape")
    start_draft(page)
    agent_writes(page)
    page.wait_for_selector(".agent-cursor", state="attached")
    other = watch(viewport={"width": 390, "height": 844})
    other.goto(page.url)
    other.wait_for_selector(".section .ProseMirror")
    for sheet in ("Outline", "Runs", "Review"):
        other.locator(".bottom-bar").get_by_role("button", name=sheet).click()
        other.keyboard.press("Escape")
    stand_in_agent_text(page)
    page.keyboard.type("By hand. ")
    other.wait_for_selector(".cursor:not(.agent-cursor)", state="attached")
    page.keyboard.press("Shift+Home")
    page.keyboard.press("Control+b")
    provider.let_go()
    run_ends(page)
    page.click("#tab-review")
    page.wait_for_selector("#review .thread, #review .resolved")
    open_all(page, "#review details:not([open]) > summary")
    page.click("#tab-runs")
    page.locator("#runs .run h3 a").first.click()
    page.wait_for_selector(".steps")
    page.locator(".steps summary").first.click()
    page.wait_for_selector(".steps .attempts")
    page.goto(f"{stack.url}/documents/{document}/")
    page.wait_for_selector(".section .ProseMirror .agent")
    page.goto(f"{stack.url}/admin/agents/run/")
    page.locator(CHANGE).first.click()
    page.wait_for_url("**/change/**")


def test_pasted_text_keeps_its_looks(
    stack: Stack, provider: FakeProvider, watch: Callable[..., Any]
) -> None:
    page = watch()
    new_document(page, stack, "Part 1")
    stand_at_end(page)
    page.evaluate(
        """(html) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData('text/html', html);
          const options = {clipboardData, bubbles: true, cancelable: true};
          const editor = document.querySelector('.section .ProseMirror');
          editor.dispatchEvent(new ClipboardEvent('paste', options));
        }""",
        FROM_ELSEWHERE,
    )
    text = page.locator(".section .ProseMirror")
    expect(text.locator("em")).to_have_text(["leaning"])
    expect(text.locator("strong")).to_have_text(["heavy", "by sheet"])
    expect(text.locator("td")).to_have_text(["by sheet", "two"])
    expect(text).not_to_contain_text("Cells")
    page.keyboard.press("Control+a")
    painted(page)
    page.keyboard.press("Control+x")
    expect(text.locator("strong")).to_have_count(0)
    page.keyboard.press("Control+v")
    expect(text.locator("strong")).to_have_text(["heavy", "by sheet"])
    page.wait_for_selector("#saved[data-state=saved]")


def test_the_administration(stack: Stack, watch: Callable[..., Any]) -> None:
    page = watch()
    page.goto(f"{stack.url}/admin/")
    page.locator("[x-on\\:click='openUserLinks = !openUserLinks']").click()
    page.locator("nav[x-show=openUserLinks]").wait_for()
    for model in MODELS:
        page.goto(f"{stack.url}/admin/{model}/")
        if page.locator("#result_list").count():
            page.locator(CHANGE).first.click()
            page.wait_for_url("**/change/**")
    for address in ("agents/workflow/add", "agents/provider/add", "auth/user/add"):
        page.goto(f"{stack.url}/admin/{address}/")
    page.goto(f"{stack.url}/admin/agents/model/")
    page.locator("#result_list input[type=checkbox]").last.check()
    page.goto(f"{stack.url}/admin/auth/user/")
    page.locator(CHANGE).first.click()
    page.get_by_role("link", name="History").first.click()
    page.wait_for_url("**/history/")


def test_an_exported_page(stack: Stack, provider: FakeProvider, watch: Callable[..., Any]) -> None:
    page = watch()
    document = new_document(page, stack, "Part 1")
    address = f"{stack.url}/documents/{document}/export/html/"
    with page.expect_download() as download:
        page.evaluate("(address) => { location.href = address }", address)
    assert download.value.suggested_filename == "The quiet city under the sea.html"

    def show(route: Any) -> None:
        answer = route.fetch()
        shown = {name: value for name, value in answer.headers.items() if name != DISPOSITION}
        route.fulfill(response=answer, headers=shown)

    page.route("**/export/html/", show)
    page.goto(address)
    heading = page.locator("h1")
    assert heading.inner_text() == "The quiet city under the sea"
    assert heading.evaluate("(heading) => getComputedStyle(heading).fontWeight") == "500"
    assert page.evaluate("origin") == "null"


@pytest.mark.parametrize("path", ["/", "/admin/"])
def test_what_is_smuggled_into_a_page_does_not_run(
    stack: Stack, open_page: Callable[..., Any], path: str
) -> None:
    page = open_page()
    page.goto(f"{stack.url}{path}")
    refused = page.evaluate(
        """() => new Promise((done) => {
          const directives = new Set();
          addEventListener('securitypolicyviolation', ({effectiveDirective}) => {
            directives.add(effectiveDirective);
            if (directives.size === 3) done([...directives].sort());
          });
          const script = document.createElement('script');
          script.textContent = 'window.smuggled = true';
          const foreign = new Image();
          foreign.src = 'https://elsewhere.example/collect.png';
          document.body.append(script);
          const html = '<p id="smuggled" onclick="window.smuggled = true"></p>';
          document.body.insertAdjacentHTML('beforeend', html);
          document.getElementById('smuggled').click();
        })"""
    )
    assert refused == ["img-src", "script-src-attr", "script-src-elem"]
    assert page.evaluate("window.smuggled instanceof HTMLElement")
