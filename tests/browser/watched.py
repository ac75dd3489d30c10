"""What a browser complains of, its content security policy included."""

from typing import Any

LISTEN = """
addEventListener('securitypolicyviolation', ({effectiveDirective, blockedURI, sourceFile}) =>
  console.error('refused', effectiveDirective, blockedURI, sourceFile));
"""
# Chromium's word on an answer that is not 200; those are asked for on purpose here.
NOT_OURS = "Failed to load resource"


class Watched:
    """A page, and what the browser complained of there."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.add_init_script(LISTEN)
        page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NOT_OURS):
            self.complaints.append(f"{self.page.url}: {message.text}")
