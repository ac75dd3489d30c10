"""What other programs copy comes in clean: lists as lists, links to the web, nothing that runs."""

from typing import Any

import pytest

from tests.browser.editors import markdown_in, open_editor, paste, stand_behind, tree_in
from writing.text.peer import Peer

pytestmark = pytest.mark.browser


def word_item(text: str, sign: str, level: int = 1, of: str = "l0") -> str:
    """An item of a list as Word for Windows copies it."""
    return f"""\
<p class=MsoListParagraphCxSpMiddle style='text-indent:-18.0pt;mso-list:{of} level{level} lfo1'>
<![if !supportLists]><span style='font-family:Symbol;mso-fareast-font-family:Symbol'><span
style='mso-list:Ignore'>{sign}<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;
</span></span></span><![endif]><span lang=EN-GB>{text}<o:p></o:p></span></p>

"""


WORD = f"""\
<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.x {{mso-style-name:a}}
</style></head><body lang=DE><!--StartFragment--><p class=MsoNormal>Before</p>
{word_item("Fish", "·")}{word_item("Cod", "o", 2)}{word_item("Arctic", "§", 3)}
{word_item("Ling", "o", 2)}{word_item("Crabs", "·")}
{word_item("Third", "3.", of="l1")}{word_item("Letter", "a)", 2, "l1")}
{word_item("Fourth", "4.", of="l1")}<p class=MsoNormal>Between</p>
{word_item("Roman", "iv.", of="l2")}{word_item("第二", "二、", of="l3")}
<!--EndFragment--></body></html>"""
FROM_WORD = """\
Before

- Fish
  - Cod
    - Arctic
  - Ling
- Crabs

3. Third
   1. Letter
4. Fourth

Between

4. Roman

2) 第二"""

GOOGLE_DOCS = """\
<b style="font-weight:normal" id="docs-internal-guid-1"><ul><li dir=ltr aria-level=1>
<p role=presentation><span style="font-weight:700">One</span></p></li><ul><li aria-level=2>
<p>Two</p></li><ol><li>Three</li></ol></ul><li>Four</li></ul></b>"""
FROM_GOOGLE_DOCS = "- **One**\n  - Two\n    1. Three\n- Four"

DIVISIONS = """\
<div><div><span>One</span><div>Two<br>lines</div></div><section><div><a href="/x">Three</a>
<font color=red>four</font></div></section></div><div><h2>Five</h2></div>"""
FROM_DIVISIONS = "One\n\nTwo\\\nlines\n\nThree four\n\n## Five"

RUNS = """\
<p onclick="alert(1)">a<script>alert(2)</script><style>p {}</style><img src=x onerror="alert(3)">
<a href="javascript:alert(4)">b</a><a href=" JaVaScript:alert(5)">c</a><a
href="data:text/html,x">d</a><iframe src="javascript:alert(6)"></iframe><svg onload="alert(7)">
</svg>
<a href="https://example.org/">e</a></p>"""
FROM_RUNS = "a bcd [e](https://example.org/)"

PASTED = {
    "Word": (WORD, FROM_WORD),
    "Google Docs": (GOOGLE_DOCS, FROM_GOOGLE_DOCS),
    "divisions": (DIVISIONS, FROM_DIVISIONS),
    "what runs": (RUNS, FROM_RUNS),
}


@pytest.mark.parametrize(("html", "expected"), PASTED.values(), ids=PASTED)
def test_pasted_text_is_cleaned(page: Any, html: str, expected: str) -> None:
    open_editor(page, Peer(1))
    stand_behind(page, "")
    paste(page, html)
    assert markdown_in(page) == expected
    assert "script" not in str(tree_in(page)).lower()
