import io
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pycrdt import Doc, XmlFragment

from tests.writing.conftest import Desk
from writing.actions.documents import delete_document, edit_document
from writing.actions.export import export_html, export_markdown, filename
from writing.actions.sections import edit_section
from writing.actions.text import append_update
from writing.models import Document, Section
from writing.text.markdown import append_markdown


def write(section: Section, markdown: str, **marks: object) -> None:
    text: Doc = Doc()
    body = text.get("body", type=XmlFragment)
    append_markdown(body, markdown, marks)
    append_update(section.pk, text.get_update())


@pytest.fixture
def written(desk: Desk) -> Desk:
    attempt = {"attempt": "00000000-0000-4000-8000-000000000000", "tone": 1}
    write(desk.sections[0], "Seen from a *boat*.\n\n- crowded\n- layered", agent=attempt)
    write(desk.sections[1], 'Walls are <script>alert("1")</script> & stone.')
    edit_document(desk.document, acting_user=desk.people["owner"], title="Reefs * & <others>")
    return desk


def test_markdown_has_titles_and_every_section_in_order(written: Desk):
    text = export_markdown(written.document)
    assert text.startswith("# Reefs \\* \\& \\<others\\>\n\n## Streets\n\nSeen from a *boat*.")
    assert "- crowded\n- layered" in text
    assert text.index("## Walls") < text.index("## Night")
    assert text.endswith("## Night\n")
    assert "attempt" not in text


def test_html_is_a_whole_page_without_script(written: Desk):
    page = export_html(written.document)
    assert page.startswith("<!doctype html>")
    assert '<html lang="en">' in page
    assert "<title>Reefs * &amp; &lt;others&gt;</title>" in page
    assert "<em>boat</em>" in page
    assert "@media print" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_headings_come_one_level_below_their_sections(written: Desk):
    write(written.sections[2], "## Dusk\n\nAll hide.\n\n> #### Late\n\n# Dawn\n\n###### Far")
    text = export_markdown(written.document)
    assert "## Night\n\n#### Dusk\n\nAll hide.\n\n> ###### Late\n\n### Dawn" in text
    assert text.endswith("###### Far\n")
    page = export_html(written.document)
    for heading in ("h2>Night", "h4>Dusk", "h6>Late", "h3>Dawn", "h6>Far"):
        assert f"<{heading}</{heading[:2]}>" in page


def test_no_level_is_left_out_below_a_section(written: Desk):
    write(written.sections[2], "### Dusk\n\n- Late")
    assert "## Night\n\n### Dusk\n\n- Late\n" in export_markdown(written.document)
    assert "<h2>Night</h2>\n<h3>Dusk</h3><ul>" in export_html(written.document)


def test_an_untitled_section_has_no_empty_heading(written: Desk):
    edit_section(written.sections[0], title="")
    assert "## \n" not in export_markdown(written.document)
    assert "<h2></h2>" not in export_html(written.document)


@pytest.mark.parametrize(("suffix", "kind"), [("md", "text/markdown"), ("html", "text/html")])
def test_the_file_is_named_after_the_title(written: Desk, suffix: str, kind: str):
    title = "宁静的城市: 一/二"
    edit_document(written.document, acting_user=written.people["owner"], title=title)
    response = written.client("viewer").get(
        reverse("writing:export", args=[written.document.pk, suffix])
    )
    assert response["Content-Type"].startswith(kind)
    assert "charset=utf-8" in response["Content-Type"]
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert unquote(response["Content-Disposition"]).endswith(f"宁静的城市 一 二.{suffix}")
    assert title.split(":")[0] in b"".join(response).decode()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd.md"),
        ('a"b\r\nSet-Cookie: x', "a b Set-Cookie x.md"),
        ("???", "document.md"),
        ("...", "document.md"),
        ("长" * 200, "长" * 78 + ".md"),
    ],
)
def test_names_are_safe_on_every_file_system(title: str, name: str):
    assert filename(Document(title=title), "md") == name
    assert len(name.encode()) <= 255


def test_there_are_no_other_formats(written: Desk):
    address = reverse("writing:export", args=[written.document.pk, "exe"])
    assert written.client("owner").get(address).status_code == 404


def printed(*arguments: str) -> str:
    output = io.StringIO()
    call_command("export", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_prints_what_the_page_downloads(written: Desk):
    identifier = str(written.document.pk)
    assert printed(identifier) == export_markdown(written.document)
    assert printed(identifier, "--format", "html") == export_html(written.document)


@pytest.mark.parametrize("identifier", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_the_command_says_what_is_wrong(db, identifier: str):
    with pytest.raises(CommandError, match=identifier):
        printed(identifier)


def test_the_command_does_not_print_what_was_deleted(written: Desk):
    delete_document(written.document, acting_user=written.people["owner"])
    with pytest.raises(CommandError, match="no document"):
        printed(str(written.document.pk))
