"""Who is where, in the top bar and the outline, and following them through the manuscript."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import (
    Database,
    agent_writes,
    new_document,
    open_document,
    share_with,
    stand_at_end,
    stand_in,
    start_draft,
)
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser

SECTIONS = 12
LAST = SECTIONS - 1
# Longer than somebody may do nothing without being shown as away.
AWAY_MS = 61_000


def is_in(page: Any, face: str, section: int) -> None:
    """Until the outline shows a face with this title beside the section, and nowhere else."""
    page.wait_for_function(
        """([face, section]) => {
          const rows = [...document.querySelectorAll('#outline .outline-row')];
          const shows = (row) =>
            [...row.querySelectorAll('.here .face')].some(({ title }) => title === face);
          return rows.every((row, index) => shows(row) === (index === section));
        }""",
        arg=[face, section],
    )


def caret_is_in_sight(page: Any, who: str, section: int) -> None:
    page.wait_for_function(
        """([who, section]) => {
          const around = document.querySelectorAll('.section')[section];
          const caret = around.querySelector(`[data-who="${who}"]`);
          const top = caret?.getBoundingClientRect().top;
          return top > 0 && top < innerHeight * 0.8;
        }""",
        arg=[who, section],
    )


@pytest.fixture
def ben(open_page: Callable[..., Any], another_signed_in: Any) -> Any:
    """A page of the second person, whose clock can be turned."""
    page = open_page(storage_state=another_signed_in)
    page.clock.install()
    return page


def test_people_and_agents_are_seen_where_they_are_and_followed(
    stack: Stack,
    provider: FakeProvider,
    database: Database,
    open_page: Callable[..., Any],
    ben: Any,
) -> None:
    provider.set_pace(first_after=0.05, tokens_per_second=60)
    provider.hold()
    ana = open_page(viewport={"width": 1280, "height": 560}, reduced_motion="reduce")
    document = new_document(ana, stack, *[f"Part {number}" for number in range(1, SECTIONS + 1)])
    share_with(database, document, "ben")
    open_document(ben, stack, document, SECTIONS)
    is_in(ana, "ben", 0)
    # A second tab is the same person, who is where they went last.
    tab = ben.context.new_page()
    open_document(tab, stack, document, SECTIONS)
    stand_at_end(tab, LAST)
    tab.keyboard.type("Far down.")
    is_in(ana, "ben", LAST)
    expect(ana.locator("#faces .face")).to_have_count(1)

    # Followed by keyboard into a section that had no editor, and on from there.
    ana.focus("#faces .face")
    ana.keyboard.press("Enter")
    [[ben_id]] = database.rows("select id from auth_user where username = 'ben'")
    caret_is_in_sight(ana, f"person {ben_id}", LAST)
    expect(ana.locator("#announcements")).to_have_text("You follow ben. Escape ends it.")
    expect(ana.locator("#faces .face")).to_have_attribute("aria-pressed", "true")
    stand_at_end(tab, 1)
    tab.keyboard.type("And up again.")
    caret_is_in_sight(ana, f"person {ben_id}", 1)
    ana.keyboard.press("Escape")
    ana.wait_for_selector("#following[hidden]", state="attached")
    expect(ana.locator("#faces .face")).to_have_attribute("aria-pressed", "false")

    # Who does nothing in any tab is away, until they do something.
    tab.close()
    ben.clock.fast_forward(AWAY_MS)
    ana.wait_for_selector("#faces .face.idle[title='ben, away from the keyboard']")
    ben.mouse.move(300, 300)
    ana.wait_for_selector("#faces .face[title='ben']:not(.idle)")

    # An agent, at the end of what it writes; typing ends it.
    start_draft(ana, workflow="quick")
    agent_writes(ana, 20, LAST)
    is_tinted = ".section:last-child .being-written .agent-cursor"
    ana.locator(".outline-row").nth(LAST).locator(".here .face.agent").click()
    caret_is_in_sight(ana, "agent Writer", LAST)
    ana.wait_for_selector(is_tinted)
    ana.click("#following button")
    expect(ana.locator("#announcements")).to_have_text("You no longer follow Writer.")
    ana.locator("#faces .face.agent").click()
    caret_is_in_sight(ana, "agent Writer", 0)
    stand_in(ana, 3)
    ana.wait_for_selector("#following[hidden]", state="attached")
    ana.keyboard.press("Escape")
