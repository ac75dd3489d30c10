import io
import re
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from pycrdt import Doc, XmlFragment

from tests.writing.conftest import Desk
from writing.actions.documents import create_document, delete_document, edit_document
from writing.actions.export import export_html, export_markdown, filename
from writing.actions.sections import edit_section
from writing.actions.text import append_update
from writing.models import Document, Image, Section
from writing.text.markdown import append_markdown
from writing.text.tree import append_element


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


@pytest.fixture
def illustrated(written: Desk) -> tuple[Desk, list[Image]]:
    """Two images of which one stands in the text twice, and one that is another document's."""
    made = [
        Image.objects.create(
            document=document,
            uploaded_by=written.people["owner"],
            data=data,
            content_type="image/webp",
            width=4,
            height=3,
            size=len(data),
        )
        for document, data in (
            (written.document, b"one"),
            (written.document, b"two"),
            (create_document(written.people["owner"], title="Another"), b"three"),
        )
    ]
    text: Doc = Doc()
    body = text.get("body", type=XmlFragment)
    for image in (made[1], made[0], made[1], made[2]):
        append_element(body, "image", {"src": str(image.pk), "alt": f"Reef of {image.pk}"})
    append_update(written.sections[2].pk, text.get_update())
    return written, made


def downloaded(desk: Desk, suffix: str) -> tuple[str, bytes]:
    address = reverse("writing:export", args=[desk.document.pk, suffix])
    response = desk.client("viewer").get(address)
    return response["Content-Disposition"], b"".join(response)


def test_markdown_comes_with_its_images(illustrated: tuple[Desk, list[Image]]):
    desk, _images = illustrated
    disposition, data = downloaded(desk, "md")
    assert disposition.endswith('.zip"')
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        name, *others = archive.namelist()
        assert others == ["images/01.webp", "images/02.webp"]
        assert [archive.read(other) for other in others] == [b"two", b"one"]
        text = archive.read(name).decode()
    assert re.findall(r"!\[Reef of [^]]*\]\((.*?)\)", text) == [
        "images/01.webp",
        "images/02.webp",
        "images/01.webp",
    ]
    assert text.count("Reef of") == 4


def test_a_page_has_its_images_in_it(illustrated: tuple[Desk, list[Image]], monkeypatch):
    desk, _images = illustrated
    page = downloaded(desk, "html")[1].decode()
    assert re.findall(r'<img src="data:image/webp;base64,(.*?)"', page) == ["dHdv", "b25l", "dHdv"]
    assert page.count("Reef of") == 4
    # The same image a thousand times would make a page that no machine can hold.
    monkeypatch.setattr("writing.actions.export.EMBEDDED_BYTES", 6)
    assert downloaded(desk, "html")[1].decode().count("<img") == 2


def test_the_command_writes_the_file_that_the_page_downloads(
    illustrated: tuple[Desk, list[Image]], tmp_path: Path
):
    desk, _images = illustrated
    assert not printed(str(desk.document.pk), "--output", str(tmp_path / "reef.zip"))
    with zipfile.ZipFile(tmp_path / "reef.zip") as archive:
        assert len(archive.namelist()) == 3
