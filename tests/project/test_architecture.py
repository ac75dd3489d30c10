"""The rules of the house that an import or a name can break."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def offenders(folder: str, forbidden: str) -> list[str]:
    pattern = re.compile(forbidden)
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        for name in imports_of(path)
        if pattern.match(name)
    ]


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("writing", r"agents\b|project\b"),
        ("agents", r"project\b"),
        ("writing/text", r"django\b|channels\b|writing\.(?!text\b)"),
    ],
)
def test_a_room_does_not_reach_into_another(folder: str, forbidden: str) -> None:
    assert offenders(folder, forbidden) == []


def test_one_module_alone_speaks_to_providers() -> None:
    found = {
        line.split()[0]
        for folder in ("writing", "agents", "project")
        for line in offenders(folder, r"openai\b")
    }
    assert found <= {"agents/llm.py", "agents/llm_errors.py"}


def test_documents_are_read_through_the_door_alone() -> None:
    rooms = ["writing/views", "writing/api", "agents/views", "agents/api", "agents/steps"]
    files = [
        ROOT / "writing" / "consumers.py",
        *(p for r in rooms for p in (ROOT / r).rglob("*.py")),
    ]
    direct = [str(p.relative_to(ROOT)) for p in files if "Document.objects" in p.read_text()]
    assert direct == []


def test_templates_hold_no_script_and_no_style() -> None:
    forbidden = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son\w+="
    )
    for path in (ROOT / "templates").rglob("*.html"):
        if path.name.startswith("export"):  # a page that must stand alone
            continue
        assert not forbidden.search(path.read_text()), path
