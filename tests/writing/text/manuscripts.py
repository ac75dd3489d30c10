"""Markdown as language models write it, at random."""

from hypothesis import strategies as st

SAMPLE = """\
# A title with *emphasis* ##

Some **bold *and both* words** with `code`, a [link](https://example.org/a_b "Title"), snake_case,
5 * 3, AT&amp;T, <https://example.org> and an escaped \\*star\\*.
A hard\\
break. **你好。**后面的字
换行不加空格。

- one
- two
  - nested **deeper**

  a second paragraph
- - deepest
-
1. first
2. second
   > quoted
   > more
lazily

> A quotation.
>
> - with a list

```python
def f():
\treturn "``"

```

| a | b\\|c |
|---|:-:|
| 1 | **2**<br>3 |
| x |

---
***bold it*** and an **unclosed end 😀
"""

_WORDS = """
word Grüße 世界。 😀 a_b 5 * ** _ ` `` [ ]( ) ! <b> &amp; & \\ | # - 1. > **bold** *em* `code` ~ ~~~
<br> [link](https://example.org) ![image](http://example.org/i.png) _em_ ***both***
"""
_WORD = st.sampled_from(_WORDS.split())
_LINE = st.lists(_WORD, min_size=1, max_size=8).map(" ".join)
_SIGNS = st.sampled_from(
    ["#", "##", "-", "*", "1.", "2)", "10.", ">", "- -", "> -", "|", "+", "###"]
)
_PREFIX = st.one_of(
    st.just(""),
    _SIGNS.map("{} ".format),
    _SIGNS.map("  {} ".format),
    _SIGNS,
    st.sampled_from(["```", "~~~", "|--|", "---", "  ", "    ", "\t"]),
)
_ENDING = st.sampled_from(["\n", "\n", "\n\n", "  \n", "\\\n", "\n\n\n", "\r\n"])
_BLOCK = st.tuples(_PREFIX, _LINE, _ENDING).map("".join)

# Anything that looks like Markdown, well formed or not.
markdown = st.lists(_BLOCK, max_size=10).map("".join)
