"""The system's Firefox, as it is, driven by Playwright."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from bench.stack import free_port

RELAY = Path(__file__).with_name("firefox_relay.py")
PREFERENCES = {
    # Playwright sets them for a page of other browsers.
    "ui.prefersReducedMotion": 1,
    "ui.systemUsesDarkTheme": 0,
}
# Where each relay listens, by the browser that Playwright has of it.
PORTS: dict[Any, int] = {}
COMPOSE = """(spelling, words) => {
  const keyboard = Cc["@mozilla.org/text-input-processor;1"].createInstance(
    Ci.nsITextInputProcessor
  );
  if (!keyboard.beginInputTransactionForTests(Services.focus.activeWindow, () => true)) {
    throw new Error("another input method is at work");
  }
  for (let end = 1; end <= spelling.length; end += 1) {
    keyboard.setPendingCompositionString(spelling.slice(0, end));
    keyboard.appendClauseToPendingComposition(end, keyboard.ATTR_RAW_CLAUSE);
    keyboard.setCaretInPendingComposition(end);
    keyboard.flushPendingComposition();
  }
  keyboard.commitCompositionWith(words);
}"""


def installed_firefox() -> str | None:
    return os.environ.get("FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")


def start_firefox(playwright: Any, path: str, **preferences: int) -> Any:
    port = free_port()
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    browser = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=RELAY,
        args=["--remote-allow-system-access"],
        env={**os.environ, "PATH": programs, "FIREFOX": path, "RELAY_PORT": str(port)},
        firefox_user_prefs=PREFERENCES | preferences,
    )
    PORTS[browser] = port
    return browser


def compose_in_firefox(page: Any, spelling: str, words: str) -> None:
    """Where the caret of this page is, by the input method that Firefox has for its own tests."""
    page.bring_to_front()
    with connect(f"ws://127.0.0.1:{PORTS[page.context.browser]}") as session:

        def ask(method: str, **parameters: Any) -> Any:
            session.send(json.dumps({"id": 1, "method": method, "params": parameters}))
            answer = json.loads(session.recv(timeout=10))
            assert answer.get("result", {}).get("type") != "exception", answer
            return answer["result"]

        window = ask("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"][0]
        ask(
            "script.callFunction",
            functionDeclaration=COMPOSE,
            arguments=[{"type": "string", "value": text} for text in (spelling, words)],
            target={"context": window["context"]},
            awaitPromise=False,
        )
