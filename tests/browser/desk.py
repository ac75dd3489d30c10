"""What people do at a manuscript, and what they and the database hold of it."""

import re
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from pycrdt import XmlFragment

from bench.stack import Stack
from writing.text.markdown import plain_text
from writing.text.peer import Peer
from writing.text.tree import runs, texts

READER = 1  # a client id for reading only
RUN_SECONDS = 28

# A browser that is set offline keeps the sockets that it has: this closes them, and lets none open.
CUTTABLE = """
  const sockets = [];
  let isCut = false;
  window.WebSocket = class extends WebSocket {
    constructor(address, ...rest) {
      super(isCut ? 'ws://127.0.0.1:1/' : address, ...rest);
      sockets.push(this);
    }
  };
  window.cutOff = (now) => {
    isCut = now;
    if (!now) return;
    for (const socket of sockets.splice(0)) {
      socket.close();
      // It may wait for an answer that does not come.
      socket.dispatchEvent(new CloseEvent('close', { code: 1006 }));
    }
  };
"""


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def until(condition: Callable[[], Any], seconds: float = RUN_SECONDS) -> Any:
    """Wait for something that other processes do; gives what the condition gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s")
        time.sleep(0.05)
    return found


def texts_of(page: Any) -> list[str]:
    """The text of each section as this browser shows it, without cursors' labels, and without what
    is only suggested to come."""
    texts: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.section .ProseMirror')].map((editor) => {
          const copy = editor.cloneNode(true);
          copy.querySelectorAll('.ProseMirror-widget, .cursor, .ProseMirror-trailingBreak, '
            + 'ins, [data-suggested~=insertion]').forEach((widget) => widget.remove());
          return [...copy.children].map((block) => block.textContent).join('\\n');
        })"""
    )
    return texts


class Database:
    """The stack's own, read beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self._path, timeout=20)) as connection, connection:
            return connection.execute(query, parameters).fetchall()

    def sections(self, document: UUID) -> list[tuple[str, str]]:
        """Id and status of those that are present, in order."""
        return self.rows(
            "select id, status from writing_section where document_id = ? and deleted_at is null "
            "order by position",
            document.hex,
        )

    def bodies(self, document: UUID) -> list[XmlFragment]:
        return [self.peer(section).body for section, _status in self.sections(document)]

    def texts(self, document: UUID) -> list[str]:
        """The text of each section, in order."""
        return [plain_text(body) for body in self.bodies(document)]

    def texts_by_people(self, document: UUID) -> list[str]:
        """What of each section's text does not carry an agent's mark."""
        return [
            "".join(
                run
                for _, _, text in texts(body)
                for run, marks in runs(text)
                if "agent" not in marks
            )
            for body in self.bodies(document)
        ]

    def peer(self, section: str) -> Peer:
        rows = self.rows(
            "select data from writing_update where section_id = ? order by seq", section
        )
        return Peer(READER, [data for (data,) in rows])

    def written(self, document: UUID, kind: str = "write") -> list[str]:
        """What the agents' steps of this kind were given and kept, for each section."""
        return [
            "".join(
                text
                for (text,) in self.rows(
                    "select c.text from agents_chunk c join agents_step s on s.id = c.step_id "
                    "join agents_run r on r.id = s.run_id "
                    "where s.section_id = ? and s.kind = ? order by r.created_at, c.number",
                    section,
                    kind,
                )
            )
            for section, _status in self.sections(document)
        ]

    def chunks(self, document: UUID) -> int:
        [(count,)] = self.rows(
            "select count(*) from agents_chunk c join agents_step s on s.id = c.step_id "
            "join agents_run r on r.id = s.run_id where r.document_id = ?",
            document.hex,
        )
        return int(count)


def new_document(page: Any, stack: Stack, *titles: str, words: int = 60) -> UUID:
    """A document with an outline made by hand, open in the page. Its forms are sent, not shown:
    most tests begin here, and a page costs the browser a second."""
    headers = {"Accept-Language": page.evaluate("navigator.language")}
    form = page.request.get(f"{stack.url}/documents/new/", headers=headers).text()
    fields = {
        "title": "The quiet city under the sea",
        "brief": "How a coral reef lives, told by a diver.",
        "kind": "article",
        "language": re.findall(r'<option value="([\w-]+)" selected', form)[-1],
        "target_words": "1000",
        "outline": "alone",
    }
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token

    def send(address: str, fields: dict[str, Any]) -> Any:
        sent = page.request.post(
            address, form={**fields, "csrfmiddlewaretoken": token[1]}, max_redirects=0
        )
        assert sent.status == 302, sent.text()
        return sent.headers["location"]

    address = stack.url + send(f"{stack.url}/documents/new/", fields)
    for title in titles:
        send(f"{address}sections/", {"title": title, "target_words": str(words)})
    page.goto(address)
    ready(page, len(titles))
    return UUID(address.split("/")[-2])


def open_document(page: Any, stack: Stack, document: UUID, sections: int) -> None:
    page.goto(f"{stack.url}/documents/{document}/")
    ready(page, sections)


def ready(page: Any, sections: int) -> None:
    """Until all sections are there to be written in, and everything is saved."""
    page.wait_for_function(
        "n => document.querySelectorAll('.section-text[data-ready=true]').length === n",
        arg=sections,
    )
    page.wait_for_selector("#saved[data-state=saved]")


def start_draft(page: Any, workflow: str = "draft", instruction: str = "") -> None:
    page.click("header button.primary")
    page.check(f"#dialog [name=workflow][value={workflow}]")
    if instruction:
        page.fill("#dialog [name=instruction]", instruction)
    page.click("#dialog button.primary")
    page.wait_for_selector("#dialog:not([open])", state="attached")


def run_ends(page: Any, state: str = "finished") -> None:
    """Until the newest run has ended so."""
    page.wait_for_selector(
        f"#runs > .run:first-of-type[data-run-state={state}]", timeout=RUN_SECONDS * 1000
    )


def is_saved(page: Any) -> None:
    page.wait_for_selector("#saved[data-state=saved]", timeout=RUN_SECONDS * 1000)


def agent_writes(page: Any, characters: int = 40, section: int = 0) -> None:
    """Until so much of an agent's text is in the section."""
    page.wait_for_function(
        """([index, length]) => {
          const text = document.querySelectorAll('.section .ProseMirror')[index];
          const runs = [...text.querySelectorAll('.agent')].map((run) => run.textContent);
          return runs.join('').length > length;
        }""",
        arg=[section, characters],
    )


def agent_goes_on(page: Any, section: int = 0) -> None:
    """Until an agent has written more in the section than it has now."""
    now = page.evaluate(
        """(index) => {
          const text = document.querySelectorAll('.section .ProseMirror')[index];
          return [...text.querySelectorAll('.agent')].map((run) => run.textContent).join('').length;
        }""",
        section,
    )
    agent_writes(page, now + 10, section)


def keep_toast(page: Any) -> None:
    """Point at the newest message, which then stays until it has been used."""
    page.locator("#toasts .toast").last.hover()


def painted(page: Any) -> None:
    """Until the editor has read where the caret stands, as it has when a person's hand is back."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def stand_in(page: Any, section: int) -> None:
    """Click into the section, again where others' words moved it away under the hand."""
    is_in = """(index) => document.querySelectorAll('.section .ProseMirror')[index]
      .contains(getSelection().focusNode)"""

    def clicked() -> bool:
        page.locator(".section .ProseMirror").nth(section).click()
        painted(page)
        return bool(page.evaluate(is_in, section))

    until(clicked)


def stand_at_end(page: Any, section: int = 0) -> None:
    """Click into the section, in which nobody writes at the end, and put the caret there."""
    stand_in(page, section)
    # Others' names beside their carets are no text.
    is_at_end = """(index) => {
      const { focusNode, focusOffset } = getSelection();
      const editor = document.querySelectorAll('.section .ProseMirror')[index];
      if (!editor.contains(focusNode)) return false;
      const rest = document.createRange();
      rest.setStart(focusNode, focusOffset);
      rest.setEnd(editor, editor.childNodes.length);
      const left = rest.cloneContents();
      left.querySelectorAll('.cursor').forEach((cursor) => cursor.remove());
      return left.textContent === "";
    }"""

    def stands() -> bool:
        # From the end of a section these keys go on to the end of the manuscript.
        if page.evaluate(is_at_end, section):
            return True
        page.keyboard.press("Control+End")
        painted(page)
        return bool(page.evaluate(is_at_end, section))

    until(stands)
    painted(page)


def stand_in_agent_text(page: Any, section: int = 0, after: int = 12) -> None:
    """Put the caret before a word of an agent's text in the section, not at its beginning; again
    where what came in at that moment put it elsewhere."""
    put = """([index, after]) => {
      const editor = document.querySelectorAll('.section .ProseMirror')[index];
      editor.focus();
      const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
      let words;
      while ((words = walker.nextNode())) {
        const {parentElement: parent, length} = words;
        const isAgents = parent.closest('.agent') && !parent.closest('.cursor');
        if (isAgents && length > after + 20) break;
      }
      if (!words) return null;
      const at = words.data.indexOf(' ', after) + 1;
      getSelection().collapse(words, at);
      return words.data.slice(0, at);
    }"""
    stands = """([index, before]) => {
      const editor = document.querySelectorAll('.section .ProseMirror')[index];
      const {focusNode, focusOffset} = getSelection();
      return document.activeElement === editor && editor.contains(focusNode)
        && focusNode.data?.slice(0, focusOffset) === before;
    }"""

    def is_put() -> bool:
        before = page.evaluate(put, [section, after])
        if not before:
            return False
        painted(page)
        return bool(page.evaluate(stands, [section, before]))

    until(is_put)


def all_agree(pages: list[Any], database: Database, document: UUID) -> list[str]:
    """Until every browser shows what the database holds; gives the texts."""

    def same() -> list[str] | None:
        texts = database.texts(document)
        shown = [[words_of(text) for text in texts_of(page)] for page in pages]
        return texts if all(each == [words_of(t) for t in texts] for each in shown) else None

    found: list[str] = until(same)
    return found


def cut_off(page: Any) -> None:
    page.context.set_offline(True)
    page.evaluate("cutOff(true)")
    page.wait_for_selector("#saved[data-state=offline]")


def back(page: Any) -> None:
    page.context.set_offline(False)
    for tab in page.context.pages:
        tab.evaluate("window.cutOff?.(false)")


def share_with(database: Database, document: UUID, name: str) -> None:
    database.rows(
        "insert into writing_member (document_id, user_id, role) "
        "select ?, id, 'editor' from auth_user where username = ?",
        document.hex,
        name,
    )
