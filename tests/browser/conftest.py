"""The whole product on free ports, driven by Chromium: one of each for all tests here.

Package scope, not session: Playwright's loop must end before tests that start a loop of their own.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from bench.stack import PASSWORD, ROOT, USER, Stack, start_chromium
from tests.browser.desk import Database
from tests.browser.firefox import installed_firefox, start_firefox
from tests.fake_provider import FakeProvider
from tests.prepared import ANOTHER

PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)
# Short, so that waiting for what goes wrong does not take long.
LIMITS = {
    "LEASE_SECONDS": "3",
    "RETRY_SECONDS": "0.05",
    "STEP_SECONDS": "2.5",
    "CIRCUIT_SECONDS": "0.3",
    "SILENCE_SECONDS": "2",
}


@pytest.fixture(scope="package")
def playwright() -> Iterator[Any]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Any) -> Iterator[Any]:
    started = start_chromium(playwright)
    yield started
    started.close()


@pytest.fixture(scope="package")
def firefox(playwright: Any) -> Iterator[Any]:
    path = installed_firefox()
    if path is None:
        pytest.skip("no Firefox is installed (Debian: apt install firefox-esr)")
    started = start_firefox(playwright, path)
    yield started
    started.close()


@pytest.fixture(scope="package")
def shared_provider() -> Iterator[FakeProvider]:
    provider = FakeProvider()
    yield provider
    provider.stop()


@pytest.fixture
def provider(shared_provider: FakeProvider) -> FakeProvider:
    """The provider of `stack`, at a pace that people can follow and without faults."""
    shared_provider.server.reset()
    shared_provider.say(lambda messages, body: None)
    shared_provider.set_pace(first_after=0.1, tokens_per_second=60)
    return shared_provider


@pytest.fixture(scope="package")
def stack(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, shared_provider: FakeProvider
) -> Iterator[Stack]:
    """Everything, with the fake provider as default, and two users."""
    environment = {
        "OPENAI_BASE_URL": shared_provider.base_url,
        "OPENAI_API_KEY": "sk-fake",
        "OPENAI_MODEL": "fake",
        "LOCAL_MODEL": "none",
    }
    directory = tmp_path_factory.mktemp("stack") / "data"
    shutil.copytree(prepared / "used", directory)
    with Stack(directory, **environment, **LIMITS) as started:
        yield started


@pytest.fixture(scope="package")
def another(stack: Stack) -> str:
    """The name of a second person, who has the password of the first and documents of none."""
    return ANOTHER


def signed_in_as(name: str, browser: Any, stack: Stack) -> Any:
    """What a browser that is signed in keeps; its form is sent, not shown."""
    context = browser.new_context()
    address = f"{stack.url}/accounts/login/"
    found = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', context.request.get(address).text()
    )
    assert found
    fields = {"login": name, "password": PASSWORD, "csrfmiddlewaretoken": found[1]}
    assert context.request.post(address, form=fields, max_redirects=0).status == 302
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="package")
def signed_in(browser: Any, stack: Stack) -> Any:
    """So that not every test signs in."""
    return signed_in_as(USER, browser, stack)


@pytest.fixture(scope="package")
def another_signed_in(browser: Any, stack: Stack, another: str) -> Any:
    return signed_in_as(another, browser, stack)


@pytest.fixture
def open_page(browser: Any, stack: Stack, signed_in: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of a signed-in browser of its own; options as for a browser context.

    Without motion, which nobody watches and which takes an eighth of the processor's time.
    """
    pages = []

    def opened(**options: Any) -> Any:
        context = browser.new_context(
            **{"storage_state": signed_in, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        pages.append(page)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        return page

    yield opened
    problems = [problem for page in pages for problem in page.problems]
    for page in pages:
        page.context.close()
    assert not problems


@pytest.fixture
def database(stack: Stack) -> Database:
    return Database(stack.directory / "scriptorium.sqlite3")


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp("bundle") / "testing.js"
    subprocess.run(
        [
            ROOT / "node_modules/.bin/esbuild",
            ROOT / "static/js/testing.js",
            "--bundle",
            "--format=iife",
            "--global-name=testing",
            "--log-level=warning",
            f"--outfile={built}",
        ],
        check=True,
    )
    return built


@pytest.fixture(scope="module")
def window(browser: Any, bundle: Path) -> Iterator[Any]:
    """A page with the editor alone: see testing.js."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content("<!doctype html><title>Editor</title><body></body>")
    page.add_style_tag(path=ROOT / "node_modules/prosemirror-view/style/prosemirror.css")
    page.add_script_tag(path=bundle)
    yield page
    context.close()


@pytest.fixture
def page(window: Any) -> Iterator[Any]:
    """The window of a module's tests; the script has raised nothing when the test is over."""
    errors: list[Any] = []

    def note(error: Any) -> None:
        errors.append(error)

    window.on("pageerror", note)
    yield window
    window.remove_listener("pageerror", note)
    assert errors == []
