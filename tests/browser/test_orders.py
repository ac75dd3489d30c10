"""What the author tells the agents to do, and does to the outline, while and after they write."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    agent_writes,
    all_agree,
    is_saved,
    keep_toast,
    new_document,
    open_document,
    run_ends,
    stand_at_end,
    start_draft,
    until,
    words_of,
)
from tests.fake_provider import COUNTED_WORDS, FakeProvider, counting

pytestmark = pytest.mark.browser

TITLES = ("Where they grow", "Who lives there", "What harms them")
COUNTED = [f"w{number}" for number in range(1, COUNTED_WORDS + 1)]


def choose(page: Any, section: int, order: str) -> None:
    """Take an order from the menu of a section in the outline."""
    row = page.locator("#sections [data-section]").nth(section)
    row.locator("summary").click()
    row.locator(".menu").get_by_text(order, exact=True).click()


def has_status(page: Any, section: int, status: str) -> None:
    page.wait_for_function(
        """([index, status]) =>
          document.querySelectorAll('#sections [data-section]')[index].dataset.status === status
          && document.querySelectorAll('.section')[index].dataset.status === status""",
        arg=[section, status],
    )


def titles_of(page: Any) -> list[str]:
    titles: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('.section-title textarea')].map((t) => t.value)"
    )
    return titles


def has_titles(page: Any, titles: list[str]) -> None:
    until(lambda: titles_of(page) == titles)


def test_stop_one_section_stop_all_and_continue(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.say(counting)
    provider.set_pace(tokens_per_second=25)
    provider.hold()
    ana, second = open_page(), open_page()
    document = new_document(ana, stack, *TITLES)
    open_document(second, stack, document, len(TITLES))
    start_draft(ana, workflow="quick")
    for section in range(len(TITLES)):
        agent_writes(ana, 20, section)
    choose(ana, 0, "Stop")
    for page in (ana, second):
        has_status(page, 0, "stopped")
    assert [status for _id, status in database.sections(document)][1:] == ["drafting"] * 2
    ana.get_by_role("button", name="Stop all").click()
    for page in (ana, second):
        run_ends(page, "stopped")
        has_status(page, 2, "stopped")
    before = all_agree([ana, second], database, document)
    assert all(0 < len(words_of(text)) < COUNTED_WORDS for text in before)
    provider.let_go()
    ana.locator(".section .section-state").first.get_by_role("button", name="Continue").click()
    has_status(second, 0, "done")
    second.locator("#runs .run").first.get_by_role("button", name="Continue").click()
    for page in (ana, second):
        run_ends(page)
    texts = all_agree([ana, second], database, document)
    assert [words_of(text) for text in texts] == [COUNTED] * len(TITLES)


def test_draft_again_with_an_instruction_keeps_what_a_person_wrote(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=500)
    ana = open_page()
    document = new_document(ana, stack, *TITLES[:2])
    start_draft(ana, workflow="quick")
    run_ends(ana)
    [first, other] = all_agree([ana], database, document)
    stand_at_end(ana)
    ana.keyboard.press("Enter")
    ana.keyboard.type("My own last word.")
    is_saved(ana)
    provider.say(
        lambda messages, body: None if body.get("response_format") else "Fresh words about corals."
    )
    asked = len(provider.bodies)
    choose(ana, 0, "Draft again")
    ana.fill("#dialog [name=instruction]", "Shorter, please.")
    ana.click("#dialog button.primary")
    ana.wait_for_function("() => document.body.textContent.includes('Fresh words')")
    run_ends(ana)
    [text, untouched] = all_agree([ana], database, document)
    assert untouched == other
    assert "My own last word." in text
    assert "Fresh words" in text
    assert not set(words_of(first)) & set(words_of(text)) - {"about", "word", "My"}
    prompts = [str(body["messages"]) for body in provider.bodies[asked:]]
    assert all("Shorter, please." in prompt for prompt in prompts)
    choose(ana, 0, "Bring back the earlier text")
    until(lambda: words_of(first)[0] in words_of(database.texts(document)[0]))
    [back, _other] = all_agree([ana], database, document)
    assert words_of(first)[:10] == words_of(back)[:10]


def test_delete_and_undo_reorder_by_keyboard_and_rename(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    ana, second = open_page(), open_page()
    document = new_document(ana, stack, *TITLES)
    open_document(second, stack, document, len(TITLES))
    stand_at_end(ana, 1)
    ana.keyboard.type("Written before it was deleted.")
    is_saved(ana)
    choose(ana, 1, "Delete")
    keep_toast(ana)
    for page in (ana, second):
        has_titles(page, [TITLES[0], TITLES[2]])
    ana.get_by_role("button", name="Undo").click()
    for page in (ana, second):
        has_titles(page, list(TITLES))
        page.wait_for_function("() => document.body.textContent.includes('before it was deleted')")

    ana.locator("#sections [data-section] a.outline-title").nth(2).focus()
    ana.keyboard.press("Alt+ArrowUp")
    for page in (ana, second):
        has_titles(page, [TITLES[0], TITLES[2], TITLES[1]])
    until(lambda: ana.evaluate("document.activeElement.textContent.trim()") == TITLES[2])
    ana.keyboard.press("Alt+ArrowUp")
    for page in (ana, second):
        has_titles(page, [TITLES[2], TITLES[0], TITLES[1]])
    expect(ana.locator("#announcements")).to_contain_text("section 1 of 3")

    title = ana.locator(".section-title textarea").first
    title.fill("What harms the reef")
    title.press("Enter")
    until(lambda: titles_of(second)[0] == "What harms the reef")
    # Enter goes on in the text.
    first = ana.get_attribute("#sections [data-section]", "data-section")
    ana.wait_for_function(
        "(first) => document.activeElement.closest('.section')?.dataset.section === first",
        arg=first,
    )
    ana.fill("[data-document-title]", "Another city")
    ana.press("[data-document-title]", "Enter")
    second.wait_for_function("() => document.querySelector('h1').textContent === 'Another city'")
    all_agree([ana, second], database, document)


def test_renames_close_together_while_agents_write_are_all_kept(
    stack: Stack, provider: FakeProvider, database: Database, open_page: Callable[..., Any]
) -> None:
    provider.set_pace(tokens_per_second=12)
    provider.hold()
    ana = open_page()
    document = new_document(ana, stack, *TITLES)
    start_draft(ana, workflow="quick")
    agent_writes(ana)
    titles = ana.locator(".section-title textarea")
    for number in range(len(TITLES)):
        titles.nth(number).fill(f"Title {number}")
    titles.nth(0).focus()
    wanted = [f"Title {number}" for number in range(len(TITLES))]
    query = (
        "select title from writing_section where document_id = ? and deleted_at is null "
        "order by position"
    )
    until(lambda: [title for (title,) in database.rows(query, document.hex)] == wanted)
    ana.get_by_role("button", name="Stop all").click()
    run_ends(ana, "stopped")
    has_titles(ana, wanted)
