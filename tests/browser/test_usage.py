"""The page of usage: charts that say what the tables do, and a way from a figure to its step."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from bench.stack import Stack
from tests.browser.desk import new_document, run_ends, start_draft
from tests.browser.test_accessibility import Auditor
from tests.browser.watched import Watched
from tests.fake_provider import FakeProvider

pytestmark = pytest.mark.browser
# How much of a chart has the colour of its bars.
BAR_PIXELS = """(canvas) => {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext('2d', {willReadFrequently: true});
  context.drawImage(canvas, 0, 0);
  const {data} = context.getImageData(0, 0, copy.width, copy.height);
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = 'var(--accent)';
  const [red, green, blue] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
  probe.remove();
  let count = 0;
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
  return count;
}"""


def test_charts_are_drawn_and_a_figure_leads_to_its_step(
    stack: Stack, provider: FakeProvider, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    provider.set_pace(tokens_per_second=400)
    new_document(page, stack, "Part 1", words=40)
    start_draft(page, workflow="quick")
    run_ends(page)
    watched, auditor = Watched(page), Auditor(page)
    page.goto(f"{stack.url}/usage/?period=today")
    chart, bars = page.locator(".chart canvas").all()
    assert chart.evaluate(BAR_PIXELS) > 100
    assert bars.evaluate(BAR_PIXELS) > 100
    page.get_by_label("Shown in the charts").select_option(label="Calls")
    expect(chart).to_have_attribute("aria-label", re.compile("^Calls over time"))
    auditor.see("usage")
    page.emulate_media(color_scheme="dark")
    assert chart.evaluate(BAR_PIXELS) > 100

    page.get_by_role("link", name="Role", exact=True).click()
    page.get_by_role("rowheader", name="Writer").get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Calls to models")
    expect(page.get_by_label("Narrowed to")).to_contain_text("Writer")
    auditor.see("calls")
    page.get_by_role("link", name="Writer · Write").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Writer · Write · Part 1")
    assert not auditor.found, "\n".join(auditor.found)
    assert watched.complaints == []
