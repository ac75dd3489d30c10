"""The whole of Scriptorium on free ports in a directory of its own, for benchmarks and tests."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
USER, PASSWORD = "ana", "a quiet city under the sea"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, process: subprocess.Popen[str], seconds: float) -> None:
    """Until `url` answers 200; raises TimeoutError, or RuntimeError if the process ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the process ended with status {process.returncode}")
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(url, timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {seconds} s")


class Stack:
    """What `make run` starts, with its own data directory. Use as a context manager."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "DATA_DIR": str(directory),
            "PORT": str(self.port),
            "LOCAL_MODEL_PORT": str(free_port()),
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        for name in ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL"):
            if name not in environment:
                self.environment.pop(name, None)
        self.process: subprocess.Popen[str] | None = None

    def manage(self, *arguments: str, **environment: str) -> str:
        """Output of a management command; raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env={**self.environment, **environment},
            cwd=ROOT,
            check=True,
            text=True,
            stdout=subprocess.PIPE,
        ).stdout

    def start(self, seconds: float = 60) -> float:
        """Start everything; gives the seconds until the web server answers and all is ready."""
        began = time.monotonic()
        self.log = (self.directory / "up.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "project.supervisor"],
            env=self.environment,
            cwd=ROOT,
            text=True,
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        wait_for(f"{self.url}/healthz/", self.process, seconds)
        while "Scriptorium is ready" not in (self.directory / "up.log").read_text():
            if self.process.poll() is not None or time.monotonic() - began > seconds:
                raise RuntimeError((self.directory / "up.log").read_text())
            time.sleep(0.05)
        return time.monotonic() - began

    def add_user(self, username: str = USER, password: str = PASSWORD) -> None:
        self.manage(
            "createsuperuser",
            "--noinput",
            f"--username={username}",
            f"--email={username}@example.org",
            DJANGO_SUPERUSER_PASSWORD=password,
        )

    @property
    def pid(self) -> int:
        """The supervisor's: every other process is its child."""
        if self.process is None:
            raise RuntimeError("the stack is not running")
        return self.process.pid

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=15)
            self.process = None
            self.log.close()

    def __enter__(self) -> "Stack":
        self.directory.mkdir(parents=True, exist_ok=True)
        has_user = (self.directory / "scriptorium.sqlite3").exists()
        self.start()
        if not has_user:
            self.add_user()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class Provider:
    """The fake provider as a process; `calls()` reads its log."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.port = free_port()
        self.log = directory / "calls.jsonl"
        self.base_url = f"http://127.0.0.1:{self.port}/v1"
        self.options = options

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OPENAI_BASE_URL": self.base_url,
            "OPENAI_API_KEY": "sk-fake",
            "OPENAI_MODEL": "fake",
            "LOCAL_MODEL": "none",
        }

    def calls(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def __enter__(self) -> "Provider":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "bench.fake_llm", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--log", str(self.log), *self.options], cwd=ROOT, text=True
        )
        wait_for(f"http://127.0.0.1:{self.port}/healthz", self.process, 10)
        return self

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)


NOT_WANTED = (
    "SpareRendererForSitePerProcess",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    # Pages of the browser's own in each window, which nobody sees: as dear as one of ours.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
)
CHROMIUM_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that is opened later takes an eighth less of the processor.
    "--renderer-process-limit=1",
    # A renderer kept ready costs more here than it saves. The last list counts for Chromium, so
    # this repeats what matters of Playwright's own.
    f"--disable-features={','.join(NOT_WANTED)}",
]


def start_chromium(playwright: Any) -> Any:
    """The system's, driven by Playwright."""
    return playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        args=CHROMIUM_ARGUMENTS,
    )


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = start_chromium(playwright)
        try:
            yield browser
        finally:
            browser.close()


def sign_in(
    browser: Any, url: str, username: str = USER, password: str = PASSWORD, **options: Any
) -> Any:
    """A page of a new browser context with these options, signed in."""
    page = browser.new_context(**options).new_page()
    page.goto(f"{url}/accounts/login/")
    page.fill("input[name=login]", username)
    page.fill("input[name=password]", password)
    page.click("form button[type=submit]")
    page.wait_for_url(f"{url}/")
    return page
