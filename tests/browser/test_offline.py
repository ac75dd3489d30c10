"""What is typed without a connection is kept in the browser until it is saved, or handed back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import PASSWORD, USER, Stack
from tests.browser.desk import (
    CUTTABLE,
    Database,
    back,
    cut_off,
    is_saved,
    new_document,
    open_document,
    ready,
    share_with,
    stand_at_end,
    texts_of,
    until,
    words_of,
)

pytestmark = pytest.mark.browser

KEPT = """async () => {
  const texts = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name.startsWith('scriptorium-')) continue;
    const database = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result);
    });
    const records = await new Promise((resolve) => {
      database.transaction('unsaved').objectStore('unsaved').getAll().onsuccess =
        ({ target }) => resolve(target.result);
    });
    database.close();
    texts.push(...records.map(({ text }) => text));
  }
  return texts;
}"""


def kept(page: Any) -> list[str]:
    """What this browser keeps of texts that are not saved."""
    texts: list[str] = page.evaluate(KEPT)
    return texts


def is_kept(page: Any, words: str) -> None:
    until(lambda: any(words in text for text in kept(page)))


def type_unsaved(page: Any, words: str, section: int = 0) -> None:
    """Typed without a connection, until the browser keeps it."""
    cut_off(page)
    stand_at_end(page, section)
    page.keyboard.type(words)
    is_kept(page, words)


def rescued(page: Any) -> str:
    """What the banner's dialog shows, which is closed again."""
    page.click("#banner button")
    texts: list[str] = page.eval_on_selector_all(
        "#dialog textarea", "found => found.map((text) => text.value)"
    )
    page.click("#dialog [data-close]")
    return "\n".join(texts)


@pytest.fixture
def page(open_page: Callable[..., Any]) -> Any:
    opened = open_page()
    opened.context.add_init_script(CUTTABLE)
    return opened


def test_text_typed_offline_is_saved_on_the_next_visit(
    stack: Stack, database: Database, page: Any
) -> None:
    document = new_document(page, stack, "Part 1", "Part 2")
    stand_at_end(page)
    page.keyboard.type("Online. ")
    is_saved(page)
    type_unsaved(page, "Nobody hears this yet.")
    expect(page.locator("#saved")).to_have_attribute("title", re.compile("kept in this browser"))
    context = page.context
    page.close()
    assert "Nobody" not in database.texts(document)[0]
    context.set_offline(False)
    later = context.new_page()
    open_document(later, stack, document, 2)
    until(lambda: texts_of(later)[0] == "Online. Nobody hears this yet.")
    assert database.texts(document)[0].count("Nobody hears this yet.") == 1
    until(lambda: kept(later) == [])
    later.reload()
    ready(later, 2)
    until(lambda: texts_of(later)[0] == "Online. Nobody hears this yet.")


def test_two_tabs_of_one_person_merge(stack: Stack, database: Database, page: Any) -> None:
    document = new_document(page, stack, "Part 1")
    other = page.context.new_page()
    open_document(other, stack, document, 1)
    type_unsaved(page, "From the first tab.")
    type_unsaved(other, "From the second tab.")
    # One is closed before the connection is back.
    other.close()
    back(page)
    until(lambda: "second tab" in database.texts(document)[0] and kept(page) == [])
    is_saved(page)
    third = page.context.new_page()
    open_document(third, stack, document, 1)
    [text] = database.texts(document)
    until(lambda: texts_of(page) == texts_of(third) == [text])
    assert text.count("From the first tab.") == text.count("From the second tab.") == 1


def test_text_of_a_deleted_section_is_handed_back(
    stack: Stack, database: Database, page: Any
) -> None:
    document = new_document(page, stack, "Part 1", "Part 2")
    type_unsaved(page, "Written into the void.")
    [(section, _status), _other] = database.sections(document)
    database.rows(
        "update writing_section set deleted_at = '2026-01-01 00:00:00' where id = ?", section
    )
    back(page)
    page.wait_for_selector("#saved[data-state=unsaved]")
    assert "Written into the void." in rescued(page)
    page.reload()
    page.wait_for_selector("#saved[data-state=unsaved]")
    assert "Written into the void." in rescued(page)
    page.click("#banner button")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#dialog [data-discard]")
    is_saved(page)
    until(lambda: kept(page) == [])


def test_text_of_a_section_that_comes_back_is_saved(
    stack: Stack, database: Database, page: Any
) -> None:
    document = new_document(page, stack, "Part 1")
    type_unsaved(page, "Lost and found.")
    deleted = "update writing_section set deleted_at = ? where document_id = ?"
    database.rows(deleted, "2026-01-01 00:00:00", document.hex)
    back(page)
    page.wait_for_selector("#saved[data-state=unsaved]")
    database.rows(deleted, None, document.hex)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('outline-changed'))")
    page.wait_for_selector("#banner[hidden]", state="attached")
    is_saved(page)
    assert database.texts(document) == ["Lost and found."]


def test_text_of_a_document_that_is_no_longer_shared_is_handed_back(
    stack: Stack, database: Database, page: Any
) -> None:
    document = new_document(page, stack, "Part 1")
    type_unsaved(page, "They shut the door.")
    database.rows("delete from writing_member where document_id = ?", document.hex)
    back(page)
    expect(page.locator("#banner:not([hidden])")).to_contain_text("no longer shared with you")
    assert "They shut the door." in rescued(page)
    page.reload()
    page.wait_for_selector("#banner:not([hidden])")
    assert "They shut the door." in rescued(page)
    page.goto(stack.url)
    page.click("#banner button")
    with page.expect_download() as downloading:
        page.click("#dialog [data-download]")
    assert downloading.value.suggested_filename == "Part 1.md"
    assert downloading.value.path().read_text() == "They shut the door.\n"


def test_text_of_who_may_only_read_now_is_handed_back(
    stack: Stack, database: Database, page: Any
) -> None:
    document = new_document(page, stack, "Part 1")
    type_unsaved(page, "One word too many.")
    database.rows("update writing_member set role = 'viewer' where document_id = ?", document.hex)
    back(page)
    expect(page.locator("#banner:not([hidden])")).to_contain_text(
        "Your role on this document has changed"
    )
    page.click("#banner a")
    page.wait_for_selector("#saved[data-state=readonly]")
    assert "One word too many." in rescued(page)
    assert database.texts(document) == [""]


def test_text_that_the_server_refuses_is_handed_back_and_not_sent_again(
    stack: Stack, database: Database, page: Any, another: str
) -> None:
    document = new_document(page, stack, "Part 1")
    stand_at_end(page)
    page.keyboard.type("Fine. ")
    is_saved(page)
    type_unsaved(page, "Not fine.")
    # As if another had written under this browser's client id.
    database.rows(
        "update writing_peer set user_id = (select id from auth_user where username = ?) "
        "where section_id in (select id from writing_section where document_id = ?)",
        another,
        document.hex,
    )
    back(page)
    expect(page.locator("#banner:not([hidden])")).to_contain_text("could not take a change")
    assert "Fine. Not fine." in rescued(page)
    page.click("#banner a")
    page.wait_for_selector("#saved[data-state=unsaved]")
    until(lambda: texts_of(page) == ["Fine. "])
    assert "Fine. Not fine." in rescued(page)


def sign_in_here(page: Any, stack: Stack, name: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{stack.url}/accounts/login/")
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button[type=submit]")
    page.wait_for_url(f"{stack.url}/")


def test_nobody_sends_what_another_wrote_on_the_same_machine(
    stack: Stack, database: Database, page: Any, another: str
) -> None:
    document = new_document(page, stack, "Part 1")
    share_with(database, document, another)
    type_unsaved(page, "What Ana alone wrote.")
    page.goto("about:blank")
    back(page)
    sign_in_here(page, stack, another)
    open_document(page, stack, document, 1)
    assert texts_of(page) == [""]
    assert page.is_hidden("#banner")
    sign_in_here(page, stack, USER)
    page.wait_for_selector("#banner:not([hidden])")
    open_document(page, stack, document, 1)
    until(lambda: database.texts(document) == ["What Ana alone wrote."])


def test_signing_out_warns_and_forgets(stack: Stack, database: Database, page: Any) -> None:
    # A session of its own, since it ends.
    sign_in_here(page, stack, USER)
    document = new_document(page, stack, "Part 1")
    type_unsaved(page, "Never to be seen again.")
    page.goto("about:blank")
    back(page)
    page.goto(stack.url)
    page.wait_for_selector("#banner:not([hidden])")
    asked = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.message)
        (dialog.dismiss if len(asked) == 1 else dialog.accept)()

    page.on("dialog", answer)
    page.click("header .menu > summary")
    with page.expect_event("dialog"):
        page.click("[data-sign-out] button")
    assert "has not been saved" in asked[0]
    assert kept(page) == ["Never to be seen again."]
    page.click("header .menu > summary")
    page.click("[data-sign-out] button")
    page.wait_for_selector("input[name=login]")
    assert kept(page) == []
    sign_in_here(page, stack, USER)
    open_document(page, stack, document, 1)
    assert words_of(texts_of(page)[0]) == []
