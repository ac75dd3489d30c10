"""Letters that an input method replaces by what they stand for."""

from typing import Any

from tests.browser.firefox import compose_in_firefox


def compose(page: Any, spelling: str, words: str) -> None:
    if page.context.browser.browser_type.name == "firefox":
        compose_in_firefox(page, spelling, words)
        return
    keyboard = page.context.new_cdp_session(page)
    for end in range(1, len(spelling) + 1):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": spelling[:end], "selectionStart": end, "selectionEnd": end},
        )
    keyboard.send("Input.insertText", {"text": words})
    keyboard.detach()
