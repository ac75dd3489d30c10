"""Files of briefs, right and wrong ones. Each goes through the process that reads them."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Sequence

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from openpyxl import Workbook

from agents.intake.encodings import decode
from agents.intake.problems import Unusable
from agents.intake.reading import Defaults, Reading, read_file, read_list
from agents.intake.tables import read
from writing.exceptions import InvalidInput

DEFAULTS = Defaults("article", "en", 1000)
HEAD = "Title,Brief\n"


def rows_of(data: bytes | str, name: str = "briefs.csv") -> Reading:
    return read_file(data.encode() if isinstance(data, str) else data, name, defaults=DEFAULTS)


def workbook(*rows: Sequence[object], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def refused(data: bytes | str, name: str = "briefs.csv") -> str:
    with pytest.raises(InvalidInput) as caught:
        rows_of(data, name)
    return str(caught.value)


RIGHT = {
    "csv": (HEAD + "Reefs,Corals\n").encode(),
    "csv with semicolons": b"title;brief\nReefs;Corals",
    "csv from excel": b"\xef\xbb\xbfTITLE, Brief \r\nReefs,Corals\r\n",
    "utf-16": "Title\tBrief\nReefs\tCorals".encode("utf-16"),
    "tsv": b"brief\ttitle\nCorals\tReefs\n",
    "jsonl": b'{"title": "Reefs", "brief": "Corals"}\n\n',
    "xlsx": workbook(["Title", "Brief"], ["Reefs", "Corals"], [None, None]),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_every_format_says_the_same(kind: str):
    name = "x.tsv" if kind == "tsv" else "x"
    [row] = rows_of(RIGHT[kind], name).rows
    assert row.problems == []
    assert row.values == {
        "title": "Reefs",
        "brief": "Corals",
        "kind": "article",
        "language": "en",
        "target_words": "1000",
    }


def test_headings_and_values_may_be_chinese():
    text = "标题,写作要求,类型,语言,字数\n珊瑚,写给潜水者,博客文章,中文,１，５００\n".replace(
        "１，５００", '"１,５００"'
    )
    for encoding in ("utf-8", "gb18030", "utf-16"):
        [row] = rows_of(text.encode(encoding)).rows
        assert row.problems == [], encoding
        assert row.values["kind"] == "blog_post"
        assert row.values["language"] == "zh-hans"
        assert row.values["target_words"] == "1500"


def test_without_a_column_of_titles_the_brief_begins_them():
    [row] = rows_of("brief\nCoral reefs for divers\n").rows
    assert row.values["title"] == "Coral reefs for divers"


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "x.csv", "empty"),
        (b" \n\n", "x.csv", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "x.csv", "This is no text"),
        (b"\x7fELF" + bytes(200), "x.csv", "This is no text"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "x.xls", "old kind"),
        ("Title,Brief\nCafé,naïveté\n".encode("latin-1"), "x.csv", "Line 2"),
        (b"\xef\xbb\xbfTitle,Brief\nx,\xff\n", "x.csv", "Line 2"),
        (b"\xff\xfeT\0i", "x.csv", "Line 1"),
        (b"Title,Brief,Description\na,b,c\n", "x.csv", "Two columns of row 1"),
        (b"Brief, BRIEF \na,b\n", "x.csv", "Two columns of row 1"),
        (b"Title,Text\na,b\n", "x.csv", "no heading “brief”"),
        (b"title,brief\n", "x.csv", "nothing below"),
        (b'title,brief\nok,fine\nReefs,"Corals\nand more\n', "x.csv", "From row 3 on"),
        (b'[{"brief": "x"}]', "x.json", "one list in JSON"),
        (b'{"title": "x"}\n', "x.jsonl", "No row has a “brief”"),
        (b"PK\x03\x04 and then nothing", "x.xlsx", "damaged"),
        (b",".join([b"a"] * 101), "x.csv", "more than 100 columns"),
        (b"brief\n" + b"a" * 9_000 + b",a" * 150, "x.csv", "Row 2 has more than 100"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(data: bytes, name: str, said: str):
    assert said in refused(data, name)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",Corals", "Title: Give the document a title"),
        ("Reefs,", "Brief: Say what the document is about"),
        ("Reefs,Corals,poem", "Kind: There is no “poem”. Write one of these: Article, Report"),
        ("Reefs,Corals,,klingon", "Language: There is no “klingon”"),
        ("Reefs,Corals,,,12", "between 100 and 50,000"),
        ("Reefs,Corals,,,many", "between 100 and 50,000"),
        ("Reefs,Corals,,,1e400", "between 100 and 50,000"),
        ("Reefs,Corals,,,1000,too many", "more cells"),
        ("Reefs,=HYPERLINK(1)", "Brief holds a formula"),
        ("Reefs," + "x" * 20_001, "20001 characters"),
        ("x" * 201 + ",Corals", "at most 200 characters"),
    ],
)
def test_a_wrong_row_says_why_and_the_others_stand(row: str, said: str):
    text = f"Title,Brief,Kind,Language,Words\nGood,Fine,report,de,300\n{row}\n"
    good, wrong = rows_of(text).rows
    assert good.problems == []
    assert wrong.number == 3
    assert said in " ".join(wrong.problems), wrong.problems


def test_messages_are_in_the_readers_language():
    with translation.override("zh-hans"):
        message = refused(b"Title,Text\na,b\n")
    assert "brief" in message
    assert "no heading" not in message


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no JSON object"),
        ('"brief"', "no object such as"),
        ("[" * 100_000, "no JSON object"),
        ('{"brief": "x", "brief": "y"}', "given twice"),
        ('{"brief": "x", "Description": "y"}', "given twice"),
        ('{"brief": ["x"]}', "holds a list"),
        ('{"brief": "=1+1"}', "holds a formula"),
        ('{"brief": null}', "Say what"),
    ],
)
def test_a_wrong_line_of_json_says_why(line: str, said: str):
    reading = rows_of('{"brief": "fine"}\n' + line + "\n", "x.jsonl")
    assert reading.rows[0].problems == []
    assert said in " ".join(reading.rows[1].problems)


def test_what_no_database_holds_is_left_out():
    line = r'{"brief": "x\u0000y \ud800", "od\u0000d\udfff": "1"}'
    reading = rows_of(line + "\n", "x.jsonl")
    assert reading.rows[0].values["brief"] == "xy ?"
    assert "\0" not in reading.notes[0]
    reading.notes[0].encode()


def test_unknown_columns_are_named():
    [note] = rows_of(b"Title,Brief,Colour\na,b,red\n").notes
    assert "Colour" in note


def test_what_a_spreadsheet_might_take_for_a_formula_is_read_as_text():
    plus, item, equal = rows_of(HEAD + "a,+1 is the answer\nb,- an item\nc,'=1\n").rows
    assert (equal.values["brief"], equal.problems) == ("=1", [])
    assert plus.values["brief"] == "+1 is the answer"
    assert "read as text" in plus.notes[0]
    assert item.notes == []


def test_formulas_of_a_workbook_are_refused():
    data = workbook(["Title", "Brief", "Sum"], ['=WEBSERVICE("http://x")', "Corals", "=1+1"])
    [row] = rows_of(data, "x.xlsx").rows
    assert row.problems[0] == "Title holds a formula. Write what it should say as text."


def test_what_is_wrong_in_a_column_that_is_not_used_hides_nothing():
    [row] = rows_of("Title,Brief,Sum\n,Corals,=1+1\n").rows
    assert row.problems == ["Title: Give the document a title; it can change later."]


def test_numbers_and_dates_of_a_workbook_are_read():
    [row] = rows_of(workbook(["Title", "Brief", "Words"], [2026, "Corals", 1500.0]), "x.xlsx").rows
    assert (row.values["title"], row.values["target_words"]) == ("2026", "1500")


def test_of_several_sheets_the_first_visible_one_is_read():
    def more(book: Workbook) -> None:
        book.create_sheet("Hidden", 0).sheet_state = "hidden"
        book.create_sheet("More")

    [note] = rows_of(workbook(["Brief"], ["Corals"], change=more), "x.xlsx").notes
    assert "“Sheet”" in note


def altered(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with another part of this name."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            new.writestr(part, content if part == name else old.read(part), zipfile.ZIP_DEFLATED)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
FAR = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Brief'
    b'</t></is></c></row><row r="99999999999"><c r="A99999999999"><v>1</v></c></row></sheetData>'
    b"</worksheet>"
)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData>'
    b"</worksheet>"
)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" " * 20_000_000, "far larger than briefs"),
        (FAR, "nothing below"),
        (LAUGHS, "damaged"),
        (b"<worksheet", "damaged"),
    ],
)
def test_a_hostile_workbook_is_refused_soon(content: bytes, said: str):
    began = time.monotonic()
    data = altered(workbook(["Brief"], ["Corals"]), SHEET, content)
    assert said in refused(data, "x.xlsx")
    assert time.monotonic() - began < 10


def test_an_archive_that_is_no_workbook():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("holiday.txt", "x")
    assert "not a workbook" in refused(out.getvalue(), "x.zip")


def test_a_workbook_is_not_read_beyond_the_limit(settings):
    settings.BATCH_DOCUMENTS = 20
    rows = b"".join(b"<row><c><v>%d</v></c></row>" % number for number in range(300_000))
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row><c t="inlineStr"><is><t>Brief</t></is></c></row>%s</sheetData></worksheet>'
    )
    data = altered(workbook(["Brief"], ["Corals"]), SHEET, sheet % rows)
    began = time.monotonic()
    assert "more than 20 rows" in refused(data, "x.xlsx")
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl"])
def test_two_million_rows_are_left_at_the_limit(settings, name: str):
    settings.BATCH_DOCUMENTS = 50
    row, head = (b"a,b\n", b"t,brief\n") if name == "x.csv" else (b"{}\n", b'{"brief": "x"}\n')
    data = head + row * 2_000_000
    assert "more than 50 rows" in refused(data, name)


def test_what_is_too_large_is_not_read():
    assert "at most 10 MB" in refused(b"x" * 11_000_000)


def test_a_list_is_a_brief_a_line():
    rows = read_list("1. Coral reefs\n\n- Tides\n", defaults=DEFAULTS).rows
    assert [(row.number, row.values["brief"]) for row in rows] == [(1, "Coral reefs"), (3, "Tides")]
    assert rows[0].values["title"] == "Coral reefs"


def test_a_table_that_was_copied_is_read_as_one():
    [row] = read_list("Title\tBrief\nReefs\tCorals, for divers\n", defaults=DEFAULTS).rows
    assert row.values["title"] == "Reefs"


def test_a_list_of_nothing_asks_for_one(settings):
    settings.BATCH_DOCUMENTS = 2
    for text, said in ((" \n", "Choose a file"), ("a\nb\nc", "more than 2 rows")):
        with pytest.raises(InvalidInput, match=said):
            read_list(text, defaults=DEFAULTS)


@bounded(max_examples=100)
@given(st.binary(max_size=400), st.sampled_from(["x.csv", "x.tsv", "x.jsonl", "x.xlsx"]))
def test_any_bytes_give_rows_or_a_reason(data: bytes, name: str):
    lines = read(data, name, 10)
    try:
        for line in lines:
            json.dumps(line).encode()
    except Unusable:
        pass


@bounded(max_examples=25)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(
            lambda text: text.strip() and not text.lstrip().startswith("=")
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_a_workbook_holds_comes_out(texts: list[str]):
    lines = list(read(workbook(["Brief"], *([text] for text in texts)), "x.xlsx", 10))
    assert [line["cells"] for line in lines[1:]] == [[text] for text in texts]


@bounded(max_examples=50)
@given(st.text(st.characters(codec="gb2312", exclude_categories=["C"]), min_size=1))
def test_chinese_of_old_programs_is_decoded(text: str):
    data = f"标题\n{text}".encode("gb18030")
    try:
        data.decode()
    except UnicodeDecodeError:
        assert decode(data) == f"标题\n{text}"
