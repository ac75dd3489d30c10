"""What Python writes, the browser's editor keeps; what a person types there is the person's.

y-prosemirror deletes from the shared text whatever its schema cannot build, for everybody.
"""

import json
import uuid
from typing import Any

import pytest
from pycrdt import XmlElement, XmlText

from bench.stack import ROOT
from tests.browser.editors import MARK, open_editor, peer_with, stand_behind, tree_in
from writing.text.changes import mark_comment
from writing.text.markdown import count_words
from writing.text.peer import Peer
from writing.text.pen import Pen
from writing.text.sentences import split
from writing.text.tree import append_element
from writing.text.tree import attributes as attributes_of

pytestmark = pytest.mark.browser

EVERYTHING = """\
# One

## Two

###### Six

A paragraph with *emphasis*, **strong**, ***both***, `code`, a [link](https://example.org "Title"),
a [mail](mailto:ana@example.org), an <https://example.org/auto> and a\\
hard break. 🐙 Zwölf. 海底很安静。

- one
- two
  - nested
    - deeper

    with a second paragraph
- three

7. seven
8. eight

> Quoted, with a list:
>
> - in the quote
>
> > and a quote in it

```python
def reef():
    return "*not* emphasis"
```

| Zone | Depth |
| --- | ---: |
| Terrace | 4 **m** |
| Cellar | `30` |

---

![An image](https://example.org/a.png) and <b>raw</b> &amp; entities.

- [ ] a task

The end.
"""
SAMPLES = {
    "everything": EVERYTHING,
    "nothing": "",
    "paragraph": "One plain paragraph.",
    "chinese": "从船上看，珊瑚礁只是颜色的变化。\n\n## 夜班\n\n- 石匠\n- 鱼",
    "ragged table": "| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |",
    "unfinished": "A **bold that never ends, a [link](https://exa\n\n```\ncode to the end",
    "unsafe link": "[run](javascript:alert(1)) and [data](data:text/html,x)",
    "only a rule": "***",
    "empty items": "-\n-\n\n1.",
    "list in quote": "> 1. one\n>    - two\n>      > three",
}


def tree_of(parent: Any) -> list[dict[str, Any]]:
    """The shared tree as plain data, in the shape of testing.js."""
    tree: list[dict[str, Any]] = []
    for child in parent.children:
        if isinstance(child, XmlText):
            runs = [
                {"insert": run} | ({"attributes": marks} if marks else {})
                for run, marks in child.diff()
            ]
            tree.append({"text": runs})
        else:
            assert isinstance(child, XmlElement)
            attributes = attributes_of(child)
            tree.append({"tag": child.tag, "attributes": attributes, "children": tree_of(child)})
    return tree


def texts_in(tree: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every run of every text, in order."""
    return [
        run
        for node in tree
        for run in (node["text"] if "text" in node else texts_in(node["children"]))
    ]


@pytest.mark.parametrize("markdown", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("agent", [True, False], ids=["agent", "human"])
def test_appended_markdown_survives(page: Any, markdown: str, agent: bool) -> None:
    peer = peer_with(markdown, agent=agent)
    open_editor(page, peer)
    assert tree_in(page) == tree_of(peer.body)


def test_images_survive_and_nothing_is_loaded_for_them(page: Any) -> None:
    peer = Peer(1)
    values = {"src": MARK["attempt"], "alt": "A reef", "width": 320, "height": 180}
    append_element(peer.body, "image", values)
    quote = append_element(peer.body, "blockquote")
    append_element(quote, "image", {**values, "src": "https://tracker.example/a.png"})
    open_editor(page, peer)
    assert tree_in(page) == tree_of(peer.body)
    assert page.evaluate("document.querySelectorAll('.image.missing').length") == 2
    assert page.evaluate("document.querySelectorAll('[src]:not(script)').length") == 0


@pytest.mark.parametrize("markdown", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("length", [1, 7])
def test_what_the_pen_streams_survives_every_flush(page: Any, markdown: str, length: int) -> None:
    peer = Peer(1)
    pen = Pen(peer, MARK)
    open_editor(page, peer)
    for start in range(0, len(markdown), length):
        pen.write(markdown[start : start + length])
        pen.flush()
        if update := peer.take():
            page.evaluate("update => editor.receive(update)", list(update))
    pen.finish()
    if update := peer.take():
        page.evaluate("update => editor.receive(update)", list(update))
    assert tree_in(page) == tree_of(peer.body)


def test_the_browser_finds_the_pen_where_it_writes(page: Any) -> None:
    peer = Peer(1)
    pen = Pen(peer, MARK)
    open_editor(page, peer)
    for piece, seen in (
        ("Reefs are 城市", "Reefs are 城市"),
        (", old ones.\n\nThey", "Reefs are 城市, old ones.\nThey"),
        (" sleep.", "Reefs are 城市, old ones.\nThey sleep."),
    ):
        pen.write(piece)
        pen.flush()
        page.evaluate("update => editor.receive(update)", list(peer.take() or b""))
        assert page.evaluate("cursor => editor.before(cursor)", pen.cursor()) == seen


@pytest.mark.parametrize("markdown", SAMPLES.values(), ids=SAMPLES)
def test_both_sides_count_the_same_words(page: Any, markdown: str) -> None:
    peer = peer_with(markdown)
    open_editor(page, peer)
    assert page.evaluate("editor.words()") == count_words(peer.body)


def test_both_sides_count_words_by_one_table(page: Any) -> None:
    table = json.loads((ROOT / "tests" / "words.json").read_text())
    counted = page.evaluate(
        "table => table.map(([text]) => [text, testing.countWords(text)])", table
    )
    assert counted == table


def test_comments_keep_their_keys_when_a_person_types(page: Any) -> None:
    peer = peer_with("Reefs are cities. Cities never sleep.")
    first, second = split(peer.body)
    threads = [str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())]
    assert mark_comment(peer, first, threads[0]) == "Reefs are cities."
    assert mark_comment(peer, first, threads[1]) == "Reefs are cities."
    assert mark_comment(peer, second, threads[2]) == "Cities never sleep."
    before = tree_of(peer.body)
    open_editor(page, peer)
    assert tree_in(page) == before

    stand_behind(page, "Reefs are cities. Cities never sleep.")
    page.keyboard.type(" Nobody does.")
    *kept, typed = texts_in(tree_in(page))
    assert kept == texts_in(before)
    assert typed == {"insert": " Nobody does."}


def test_typing_inside_agent_text_is_the_persons(page: Any) -> None:
    open_editor(page, peer_with("Reefs are cities."))
    stand_behind(page, "Reefs are")
    page.keyboard.type("n’t")
    agent = {"attributes": {"agent": MARK}}
    assert texts_in(tree_in(page)) == [
        {"insert": "Reefs are", **agent},
        {"insert": "n’t"},
        {"insert": " cities.", **agent},
    ]


@pytest.mark.parametrize(("before", "expected"), [("", "xReefs"), ("Reefs", "Reefsx")])
def test_typing_at_an_edge_of_agent_text_is_the_persons(
    page: Any, before: str, expected: str
) -> None:
    open_editor(page, peer_with("Reefs"))
    stand_behind(page, before)
    page.keyboard.type("x")
    runs = texts_in(tree_in(page))
    assert "".join(run["insert"] for run in runs) == expected
    assert [run["insert"] for run in runs if "attributes" in run] == ["Reefs"]


def test_splitting_agent_text_leaves_it_the_agents(page: Any) -> None:
    open_editor(page, peer_with("Reefs are cities."))
    stand_behind(page, "Reefs are")
    page.keyboard.press("Enter")
    page.keyboard.type("Not")
    agent = {"attributes": {"agent": MARK}}
    assert texts_in(tree_in(page)) == [
        {"insert": "Reefs are", **agent},
        {"insert": "Not"},
        {"insert": " cities.", **agent},
    ]


def test_bold_typed_inside_agent_text_is_the_persons(page: Any) -> None:
    open_editor(page, peer_with("Reefs"))
    stand_behind(page, "R")
    page.keyboard.press("Control+b")
    page.keyboard.type("xy")
    runs = texts_in(tree_in(page))
    assert [run["insert"] for run in runs] == ["R", "xy", "eefs"]
    assert list(runs[1]["attributes"]) == ["strong"]


def test_agent_text_cut_and_pasted_is_the_persons(page: Any) -> None:
    open_editor(page, peer_with("Reefs are **cities**."))
    stand_behind(page, "")
    page.keyboard.press("Control+a")
    page.keyboard.press("Control+c")
    stand_behind(page, "Reefs are cities.")
    page.keyboard.press("Control+v")
    runs = texts_in(tree_in(page))
    by_agent = "".join(run["insert"] for run in runs if "agent" in run.get("attributes", {}))
    by_person = "".join(run["insert"] for run in runs if "agent" not in run.get("attributes", {}))
    assert (by_agent, by_person) == ("Reefs are cities.", "Reefs are cities.")


def test_chinese_composed_inside_agent_text_is_the_persons(page: Any) -> None:
    open_editor(page, peer_with("珊瑚城市"))
    stand_behind(page, "珊瑚")
    input_method = page.context.new_cdp_session(page)
    for composed in ("d", "de", "的"):
        input_method.send(
            "Input.imeSetComposition",
            {"text": composed, "selectionStart": len(composed), "selectionEnd": len(composed)},
        )
    input_method.send("Input.insertText", {"text": "的"})
    page.keyboard.type("。")
    agent = {"attributes": {"agent": MARK}}
    assert texts_in(tree_in(page)) == [
        {"insert": "珊瑚", **agent},
        {"insert": "的。"},
        {"insert": "城市", **agent},
    ]


def test_undo_brings_deleted_agent_text_back_as_the_agents(page: Any) -> None:
    peer = peer_with("Reefs are cities.")
    open_editor(page, peer)
    stand_behind(page, "")
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    assert texts_in(tree_in(page)) == []
    page.keyboard.press("Control+z")
    assert texts_in(tree_in(page)) == texts_in(tree_of(peer.body))
