"""What people do while they suggest, and how a text with suggestions is written down."""

import json
from collections.abc import Callable
from typing import Any

from tests.browser.desk import painted, until
from tests.browser.editors import open_editor, peer_with

SHORT = {"insertion": "+", "deletion": "-", "modification": "~"}
TABLE = "| a | b |\n| --- | --- |\n| c | d |"


def choose(
    page: Any,
    first: str,
    last: str | None = None,
    after: int | None = None,
    *,
    from_end: bool = False,
) -> None:
    """Select from the first words, or their end, to the last; or stand so many characters into
    the first. Again, where what somebody else wrote just then put the selection back."""

    def is_chosen() -> bool:
        place = [first, last, after, from_end]
        page.evaluate(f"(place) => {{ ({SELECT})(place, true) }}", place)
        painted(page)
        return bool(page.evaluate(f"(place) => ({SELECT})(place, false)", place))

    until(is_chosen)


# Selects, or says whether that is selected.
SELECT = """([first, last, after, fromEnd], selects) => {
  const editor = document.querySelector('.ProseMirror');
  const place = (words) => {
    const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const at = walker.currentNode.data.indexOf(words);
      if (at >= 0) return [walker.currentNode, at];
    }
    throw new Error(`nowhere: ${words}`);
  };
  const [node, at] = place(first);
  const [end, before] = place(last ?? first);
  const start = at + (after ?? (fromEnd ? first.length : 0));
  const wanted = after === null
    ? [node, start, end, before + (last ?? first).length]
    : [node, start, node, start];
  const selection = getSelection();
  if (selects) {
    editor.focus();
    selection.setBaseAndExtent(...wanted);
  }
  const {anchorNode, anchorOffset, focusNode, focusOffset} = selection;
  // The same place may be named by either of two nodes.
  const isSame = (one, at, other, place) => {
    const between = document.createRange();
    between.setStart(one, at);
    between.setEnd(other, place);
    const back = document.createRange();
    back.setStart(other, place);
    back.setEnd(one, at);
    return between.toString() === '' && back.toString() === '';
  };
  return document.activeElement === editor && anchorNode !== null
    && isSame(anchorNode, anchorOffset, wanted[0], wanted[1])
    && isSame(focusNode, focusOffset, wanted[2], wanted[3]);
}"""


def shown(nodes: list[dict[str, Any]], names: dict[str, str] | None = None) -> str:
    """The text with its suggestions: `+1[…]` is inserted by the first, `¶` stands for a border."""
    names = {} if names is None else names

    def name(attrs: dict[str, Any]) -> str:
        return names.setdefault(attrs["id"], str(len(names) + 1))

    drawn = ""
    for node in nodes:
        for run in node.get("text", ()):
            text = run["insert"].replace("\u200b", "¶")
            for key, attrs in sorted(run.get("attributes", {}).items()):
                kind = key.split("--")[0]
                mark = f"{SHORT[kind]}{name(attrs)}" if kind in SHORT else kind
                text = f"{mark}[{text}]"
            drawn += text
        if "tag" in node:
            marks = json.loads(node["attributes"].get("suggested", "[]"))
            own = dict.fromkeys(f"{SHORT[mark['type']]}{name(mark['attrs'])}" for mark in marks)
            tag = "".join(own) + node["tag"].replace("paragraph", "p")
            drawn += f"<{tag} {shown(node['children'], names)}>"
    return drawn


def begin(page: Any, markdown: str, *, agent: bool = False) -> None:
    open_editor(page, peer_with(markdown, agent=agent))
    page.evaluate("editor.suggest(true)")


def press(*keys: str) -> Callable[[Any], None]:
    def act(page: Any) -> None:
        for key in keys:
            page.keyboard.press(key)

    return act


def tab_and_write(page: Any) -> None:
    page.keyboard.press("Tab")
    page.keyboard.type("dusk")


def write(text: str) -> Callable[[Any], None]:
    return lambda page: page.keyboard.type(text)


Act = tuple[dict[str, Any], Callable[[Any], None]]
TWO: dict[str, Any] = {"first": "two"}
BEFORE: dict[str, Any] = {"first": "two", "after": 0}
BEHIND: dict[str, Any] = {"first": "two", "after": 3}
THREE = "One two three."
ONE_LIFTED = (
    "<-1bullet_list <list_item <p one>><list_item <p two>><list_item <p three>>>"
    "<+1bullet_list <list_item <p one>>><+1p two><+1bullet_list <list_item <p three>>>"
)
ONE_SUNK = (
    "<bullet_list <-1list_item <p one>><-1list_item <p two>>"
    "<+1list_item <p +1[one]><bullet_list <list_item <p +1[two]>>>>>"
)
KINDS: dict[str, tuple[str, dict[str, Any], list[Callable[[Any], None]], str]] = {
    "typing": (THREE, BEFORE, [write("new "), write("er ")], "<p One +1[new er ]two three.>"),
    "backspace": (
        THREE,
        BEHIND,
        [press("Backspace", "Backspace"), write("x")],
        "<p One t-1[wo]+1[x] three.>",
    ),
    "delete": (
        THREE,
        BEFORE,
        [press("Delete", "Delete"), write("x")],
        "<p One -1[tw]+1[x]o three.>",
    ),
    "replacing": (THREE, TWO, [write("deux")], "<p One -1[two]+1[deux] three.>"),
    "bold": (THREE, TWO, [press("Control+b")], "<p One strong[~1[two]] three.>"),
    "bold and back": (THREE, TWO, [press("Control+b", "Control+b")], "<p One two three.>"),
    "not bold": ("One **two** three.", TWO, [press("Control+b")], "<p One ~1[two] three.>"),
    "line break": (THREE, BEFORE, [press("Shift+Enter")], "<p One <+1hard_break >two three.>"),
    "heading": (THREE, BEFORE, [press("Control+Alt+2")], "<~1heading One two three.>"),
    "heading and back": (
        THREE,
        BEFORE,
        [press("Control+Alt+2", "Control+Alt+3", "Control+Alt+3")],
        "<p One two three.>",
    ),
    "split": (
        THREE,
        BEFORE,
        [press("Enter"), write("x")],
        "<p One +1[¶]><p +1[¶x]two three.>",
    ),
    "split and back": (
        THREE,
        BEFORE,
        [press("Enter"), write("x"), press("Backspace", "Backspace")],
        "<p One two three.>",
    ),
    "join": ("One.\n\ntwo.", BEFORE, [press("Backspace")], "<p One.-1[¶]><p -1[¶]two.>"),
    "blocks replaced": (
        "One two.\n\nThree.\n\nFour five.",
        {"first": "two", "last": "Four"},
        [write("x")],
        "<p One -1[two.]><p -1[Three.]><p -1[Four]+1[x] five.>",
    ),
    "an end replaced": (
        "One\n\ntwo.",
        {"first": "One", "last": "two", "from_end": True},
        [write("x")],
        "<p One-1[¶]><p -1[two]+1[x].>",
    ),
    "everything": (
        "One.\n\n- two",
        BEFORE,
        [press("Control+a", "Delete"), write("x")],
        "<-1p One.><-1bullet_list <list_item <p two>>><+1p +1[x]>",
    ),
    "list": (
        "One two.",
        BEFORE,
        [press("Control+Shift+8"), write("x")],
        "<-1p One two.><+1bullet_list <list_item <p One +1[x]two.>>>",
    ),
    "items": (
        "- two",
        BEHIND,
        [press("Enter"), write("x"), press("Enter", "Enter"), write("y")],
        "<bullet_list <list_item <p two+1[¶]>><list_item <p +1[¶x]>>><+2p +2[y]>",
    ),
    "lifting": (
        "One.\n\n- two",
        BEFORE,
        [press("Shift+Tab"), write("x")],
        "<p One.><-1bullet_list <list_item <p two>>><+1p +1[x]two>",
    ),
    "lifting one": (
        "- one\n- two\n- three",
        BEFORE,
        [press("Shift+Tab")],
        ONE_LIFTED,
    ),
    "sinking": (
        "- one\n- two",
        BEFORE,
        [press("Tab")],
        ONE_SUNK,
    ),
    "Markdown": (
        "two.",
        {"first": "two.", "after": 4},
        [press("Enter"), write("## A **b**"), press("Enter"), write("---")],
        "<p two.+1[¶]><~1heading +1[¶A ]strong[+1[b¶]]><+2horizontal_rule ><p +1[¶]>",
    ),
    "signs": (THREE, BEFORE, [write('"a" -- b... ')], "<p One +1[“a” – b… ]two three.>"),
    "code": ("```\ntwo\n```", BEFORE, [write("x")], "<code_block +1[x]two>"),
}
SEED = (
    "<p>Reefs are old cities.</p><p>They never sleep at all.</p><p>Nobody hurries there.</p>"
    "<p>Night falls slowly.</p><ul><li><p>corals build</p></li></ul>"
    "<table><tr><td><p>crest</p></td><td><p>two metres</p></td></tr></table><p>The end.</p>"
)
# In this order, with the sign of each that others see.
DEEDS: list[tuple[dict[str, Any], Callable[[Any], Any], str]] = [
    ({"first": "old", "after": 0}, write("very "), "ins:text('very')"),
    ({"first": "never"}, press("Delete"), "del:text('never')"),
    ({"first": "Nobody"}, write("No one"), "ins:text('No one')"),
    ({"first": "hurries"}, press("Control+b"), ".modification strong, strong .modification"),
    ({"first": "The end", "after": 0}, press("Control+Alt+1"), "h3[data-suggested]"),
    ({"first": "falls", "after": 0}, press("Enter"), "p:has(> ins):has-text('falls slowly')"),
    ({"first": "They", "after": 0}, press("Backspace"), "p:has(> del:first-child)"),
    ({"first": "corals", "after": 0}, press("Shift+Tab"), "ul[data-suggested~=deletion]"),
    (
        {"first": "metres", "after": 6},
        tab_and_write,
        "tr[data-suggested~=insertion] ins:text('dusk')",
    ),
]
