"""Images come into a text by choosing, pasting and dropping, and others see them at once."""

from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bench.stack import Stack
from tests.browser.desk import (
    CUTTABLE,
    Database,
    back,
    cut_off,
    is_saved,
    new_document,
    open_document,
    stand_at_end,
    until,
)
from tests.browser.test_accessibility import Auditor
from tests.browser.test_structure import menu
from writing.text.markdown import to_markdown

pytestmark = pytest.mark.browser


def png(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (320, 180), colour).save(out, "PNG")
    return out.getvalue()


def chosen(colour: str) -> dict[str, Any]:
    return {"name": f"{colour}.png", "mimeType": "image/png", "buffer": png(colour)}


def choose(page: Any, *files: dict[str, Any]) -> None:
    with page.expect_file_chooser() as choosing:
        menu(page, 0, "Add an image")
    choosing.value.set_files(list(files))


def give(page: Any, kind: str, files: list[dict[str, Any]], html: str = "") -> None:
    """Pastes into the focused text, or drops onto its last block."""
    page.evaluate(
        """([kind, files, html]) => {
          const data = new DataTransfer();
          for (const {name, mimeType, bytes} of files) {
            const content = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
            data.items.add(new File([content], name, {type: mimeType}));
          }
          if (html) data.setData('text/html', html);
          const editor = document.querySelector('.section .ProseMirror');
          const {left, bottom} = editor.lastElementChild.getBoundingClientRect();
          const how = {bubbles: true, cancelable: true, clientX: left + 20, clientY: bottom - 6};
          editor.dispatchEvent(kind === 'paste'
            ? new ClipboardEvent('paste', {clipboardData: data, ...how})
            : new DragEvent('drop', {dataTransfer: data, ...how}));
        }""",
        [
            kind,
            [
                {**each, "bytes": b64encode(each["buffer"]).decode(), "buffer": None}
                for each in files
            ],
            html,
        ],
    )


SHOWN = """(count) => {
  const shown = [...document.querySelectorAll('.section figure.image img')];
  return shown.length === count && shown.every((image) => image.naturalWidth === 320);
}"""


def shows(page: Any, count: int) -> None:
    page.wait_for_function(SHOWN, arg=count)


def blocks(page: Any) -> list[str]:
    """What stands in the first section: the texts, and "image" with its description."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.section .ProseMirror')[0].children]
          .filter((block) => !block.matches('.upload, .ProseMirror-widget, .ProseMirror-gapcursor'))
          .map((block) => {
            if (block.matches('.image')) return `image ${block.dataset.alt}`.trim();
            const copy = block.cloneNode(true);
            copy.querySelectorAll('.cursor').forEach((cursor) => cursor.remove());
            return copy.textContent;
          })"""
    )
    return found


def become(expected: list[str], *pages: Any) -> None:
    for page in pages:
        until(lambda page=page: blocks(page) == expected)  # type: ignore[misc]


def test_an_image_is_chosen_described_moved_deleted_and_brought_back(
    stack: Stack, open_page: Callable[..., Any], database: Database
) -> None:
    page, other = open_page(), open_page()
    document = new_document(page, stack, "Reefs")
    open_document(other, stack, document, 1)
    stand_at_end(page)
    page.keyboard.type("Corals build.")
    page.keyboard.press("Enter")
    page.keyboard.type("Fish live there.")
    choose(page, chosen("red"), chosen("blue"))
    for each in (page, other):
        shows(each, 2)
    become(["Corals build.", "Fish live there.", "image", "image"], page, other)

    page.locator(".section figure.image").first.click()
    page.wait_for_selector(".image-bar:not([hidden])")
    # To describe it, without a mouse.
    page.keyboard.press("Tab")
    page.keyboard.type("A red reef")
    page.keyboard.press("Enter")
    described = ["Corals build.", "Fish live there.", "image A red reef", "image"]
    become(described, page, other)
    page.keyboard.press("Alt+ArrowUp")
    become(["Corals build.", "image A red reef", "Fish live there.", "image"], page, other)
    page.keyboard.type("Below.")
    with_line = ["Corals build.", "image A red reef", "Below.", "Fish live there.", "image"]
    become(with_line, page, other)
    page.locator(".section figure.image").first.click()
    page.keyboard.press("Delete")
    become(["Corals build.", "Below.", "Fish live there.", "image"], page, other)
    page.keyboard.press("Control+z")
    become(with_line, page, other)
    shows(other, 2)

    # Somebody else deletes what is selected here: nothing else is selected in its stead.
    page.locator(".section figure.image").last.click()
    page.wait_for_selector(".image-bar:not([hidden])")
    other.locator(".section figure.image").last.click()
    other.keyboard.press("Backspace")
    become(with_line[:-1], page, other)
    page.keyboard.type("!")
    become([*with_line[:3], "Fish live there.!"], page, other)
    # Nor is it asked for when a step is undone that was made while it was selected.
    page.locator(".section figure.image").first.click()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Control+z")
    page.get_by_text("Below.").click()
    become(blocks(page), other)
    other.locator(".section figure.image").first.click()
    other.keyboard.press("Delete")
    texts = ["Corals build.", "Below.", "Fish live there.!"]
    become(texts, page, other)
    page.keyboard.press("End")
    page.keyboard.type("?")
    become(["Corals build.", "Below.?", "Fish live there.!"], page, other)
    other.keyboard.press("Control+z")
    shows(page, 1)
    is_saved(page)
    [body] = database.bodies(document)
    assert "![A red reef](here)" in to_markdown(body, image=lambda _id: "here")


def test_it_comes_where_it_was_put_whatever_is_written_meanwhile(
    stack: Stack, open_page: Callable[..., Any]
) -> None:
    page, other = open_page(), open_page()
    document = new_document(page, stack, "Reefs")
    stand_at_end(page)
    page.keyboard.type("One.")
    page.keyboard.press("Enter")
    page.keyboard.type("Two.")
    is_saved(page)
    open_document(other, stack, document, 1)
    held: list[Any] = []
    page.route("**/images/", lambda route: held.append(route))
    page.keyboard.press("ArrowUp")
    give(page, "paste", [chosen("red")])
    give(page, "drop", [chosen("blue"), {**chosen("red"), "mimeType": "text/plain"}])
    page.get_by_text("Only images can be put into the text").wait_for()
    # Asking the page also lets the held requests come in.
    until(lambda: page.locator(".upload").count() == 2 and len(held) == 2)
    # Two edits by others and one here: the binding replaces the whole text with each of theirs.
    stand_at_end(other)
    other.keyboard.press("Control+Home")
    other.keyboard.type("Zero.")
    other.keyboard.press("Enter")
    become(["Zero.", "One.", "Two."], page)
    page.keyboard.type(" and a half.")
    for route in reversed(held):
        route.continue_()
    for each in (page, other):
        shows(each, 2)
    texts = [block for block in blocks(page) if block != "image"]
    assert len(texts) == 3
    become([texts[0], texts[1], "image", texts[2], "image"], page, other)
    assert page.locator(".upload").count() == 0


def test_what_is_refused_or_offline_says_what_to_do(
    stack: Stack, open_page: Callable[..., Any]
) -> None:
    page = open_page()
    page.add_init_script(CUTTABLE)
    new_document(page, stack, "Reefs")
    stand_at_end(page)
    page.keyboard.type("One.")
    drawing = {"name": "a.svg", "mimeType": "image/svg+xml", "buffer": b"<svg></svg>"}
    give(page, "paste", [drawing])
    page.locator(".upload.failed").get_by_text("Send it as PNG").wait_for()
    auditor = Auditor(page)
    auditor.see("an upload that failed")
    page.get_by_role("button", name="Remove").click()
    page.wait_for_selector(".upload", state="detached")

    cut_off(page)
    give(page, "paste", [chosen("red")])
    page.locator(".upload.failed").get_by_text("Images need the connection").wait_for()
    page.get_by_text("One.", exact=True).click()
    page.keyboard.press("End")
    page.keyboard.type(" Two.")
    back(page)
    is_saved(page)
    page.locator(".upload").get_by_role("button", name="Try again").click()
    shows(page, 1)
    assert blocks(page) == ["One. Two.", "image"]

    page.locator(".section figure.image").click()
    page.wait_for_selector(".image-bar:not([hidden])")
    auditor.see("a selected image")
    assert not auditor.found, "\n".join(auditor.found)


def test_what_is_pasted_from_another_document_is_kept_in_this_one(
    stack: Stack, open_page: Callable[..., Any], database: Database
) -> None:
    page = open_page()
    first = new_document(page, stack, "Reefs")
    stand_at_end(page)
    choose(page, chosen("red"))
    shows(page, 1)
    copied = page.locator(".section figure.image").evaluate("figure => figure.outerHTML")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    second = new_document(page, stack, "Tides")
    stand_at_end(page)
    foreign = "<img src='https://tracker.example/a.png'><figure data-image='https://a.example/'>"
    unknown = copied.replace(str(first), "00000000-0000-4000-8000-000000000000").replace(
        page.evaluate('html => html.match(/data-image="([^"]*)/)[1]', copied),
        "00000000-0000-4000-8000-000000000001",
    )
    give(page, "paste", [], f"<p>Before.</p>{copied}{foreign}{unknown}<p>After.</p>")
    shows(page, 1)
    page.get_by_text("An image could not be copied from the other document").wait_for()
    page.locator(".image.missing").get_by_text("not in this document").wait_for()
    assert [block for block in blocks(page) if block] == ["Before.", "image", "image", "After."]
    [(kept,)] = database.rows(
        "select count(*) from writing_image where document_id = ?", second.hex
    )
    assert kept == 1
    assert not [url for url in requests if "example" in url]
