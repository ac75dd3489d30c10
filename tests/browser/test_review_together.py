"""Two people and an agent suggest in one text, with edits in between; then all is decided on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.fake_text import NUMBERED_SENTENCE
from bench.stack import Stack
from tests.browser.desk import (
    Database,
    is_saved,
    new_document,
    open_document,
    ready,
    share_with,
    texts_of,
    until,
)
from tests.browser.editors import paste
from tests.browser.person import STRUCTURE, letters
from tests.browser.suggesting import DEEDS, SEED, choose
from tests.fake_provider import FakeProvider
from writing.text.markdown import to_markdown
from writing.text.schema import validate

pytestmark = pytest.mark.browser

ASKED = "Divers should visit it in spring."
TYPED = "".join(f"ben{number} " for number in range(len(DEEDS)))
REJECTED = f"""Reefs are old cities.

They never sleep {TYPED}at all.

Nobody hurries there.

Night falls slowly.

- corals build

| crest | two metres |
| --- | --- |

The end.

{ASKED}"""
ACCEPTED = f"""Reefs are still the very old cities.They  sleep {TYPED}at all.

Not one **hurries** there.

Night

falls slowly.

corals build

| ridge | two metres |
| --- | --- |
| dusk |  |

# The end.

Divers should visit it in late spring."""


def rewrite(messages: list[Any], body: dict[str, Any]) -> str | None:
    prompt = str(messages[-1]["content"])
    if "ROLE: answer" not in prompt:
        return None
    [number] = [n for n, text in NUMBERED_SENTENCE.findall(prompt) if text == ASKED]
    return f"Later, then.\nSUGGEST [{number}] {ASKED.replace('in spring', 'in late spring')}"


def call_an_agent(page: Any) -> None:
    choose(page, "Divers should visit")
    page.keyboard.press("Control+Alt+KeyM")
    page.fill("#dialog[open] textarea", "Is that not too early, @Editor?")
    page.click("#dialog button.primary")
    page.wait_for_selector("#dialog:not([open])", state="attached")


def test_all_that_two_people_and_an_agent_suggest_is_decided_on(
    stack: Stack,
    provider: FakeProvider,
    open_page: Callable[..., Any],
    another: str,
    another_signed_in: Any,
    database: Database,
) -> None:
    provider.say(rewrite)
    ana, ben = open_page(), open_page(storage_state=another_signed_in)
    document = new_document(ana, stack, "The reef")
    share_with(database, document, another)
    open_document(ben, stack, document, 1)
    ana.locator(".ProseMirror").click()
    paste(ana, f"{SEED}<p>{ASKED}</p>")
    expect(ben.locator(".ProseMirror")).to_contain_text(ASKED)
    is_saved(ana)

    def same() -> bool:
        return bool(ana.evaluate(STRUCTURE) == ben.evaluate(STRUCTURE))

    call_an_agent(ben)
    for page in (ana, ben):
        expect(page.locator(".ProseMirror ins:text('late')")).to_be_attached()
    ana.keyboard.press("Control+Alt+x")
    choose(ana, "Reefs are", after=9)
    ana.keyboard.type(" still")
    is_saved(ana)
    # Gone on with after a reload, it is one suggestion.
    ana.reload()
    ready(ana, 1)
    choose(ana, " still", after=6)
    ana.keyboard.type(" the")
    expect(ana.locator(".ProseMirror ins")).to_have_text([" still the", "late "])
    for number, (place, deed, sign) in enumerate(DEEDS):
        choose(ana, **place)
        deed(ana)
        expect(ben.locator(f".ProseMirror {sign}").first).to_be_attached()
        choose(ben, "at all.", after=0)
        ben.keyboard.type(f"ben{number} ")
        expect(ana.locator(".ProseMirror")).to_contain_text(f"ben{number} ")
        until(same)
    ben.keyboard.press("Control+Alt+x")
    choose(ben, "crest")
    ben.keyboard.type("ridge")
    expect(ana.locator(".ProseMirror ins:text('ridge')")).to_be_attached()
    ben.keyboard.press("Control+Alt+x")
    # In the midst of what the other suggests.
    choose(ben, "No one", after=2)
    ben.keyboard.type("t")
    expect(ben.locator(".ProseMirror ins:text('Not one')")).to_be_attached()
    until(same)
    is_saved(ana)
    is_saved(ben)
    [body] = database.bodies(document)
    assert to_markdown(body).strip() == REJECTED, "until then, nothing is in force"

    def decide(page: Any, decision: str, expected: str) -> None:
        page.click("#tab-review")
        page.get_by_role("button", name=f"{decision} all").first.click()
        for each in (ana, ben):
            expect(each.locator(".ProseMirror :is(ins, del, [data-suggested])")).to_have_count(0)
        until(same)
        [body] = database.bodies(document)
        validate(body)
        assert to_markdown(body).strip() == expected
        [text] = database.texts(document)
        assert [letters(texts_of(each)[0]) for each in (ana, ben)] == [letters(text)] * 2

    # Rejected on the one side, and taken back; accepted on the other.
    suggested = ana.evaluate(STRUCTURE)
    decide(ana, "Reject", REJECTED)
    ana.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: ana.evaluate(STRUCTURE) == ben.evaluate(STRUCTURE) == suggested)
    decide(ben, "Accept", ACCEPTED)
