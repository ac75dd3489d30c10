"""The whole product on free ports, driven by Chromium. Each module starts its own."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bench.stack import Provider, Stack, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A fake provider that answers at a human pace."""
    directory = tmp_path_factory.mktemp("provider")
    with Provider(directory, "--ttft", "0.1", "--tps", "60", "--words", "120") as started:
        yield started


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Stack]:
    """Everything, with the fake provider as default, and one user."""
    with Stack(tmp_path_factory.mktemp("stack"), **provider.environment) as started:
        yield started


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def texts_of(page: Any) -> list[str]:
    """The text of each section as this browser shows it, without cursors' labels."""
    texts: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.section .ProseMirror')].map((editor) => {
          const copy = editor.cloneNode(true);
          copy.querySelectorAll('.ProseMirror-widget, .cursor, .ProseMirror-trailingBreak')
            .forEach((widget) => widget.remove());
          return [...copy.children].map((block) => block.textContent).join('\\n');
        })"""
    )
    return texts
