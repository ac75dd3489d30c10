"""What goes wrong at the fake provider, on demand and repeatably."""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

SYNTAX = re.compile(
    r"^(400|401|403|404|429|429date|500|drop|stall|pings|empty|badjson|endless|html)"
    r"@(#\d+|\w+(?::\d+)?|\*)(?:x(\d+))?(?:\+([\d.]+))?$"
)
ALWAYS = 1 << 60
MESSAGES = {
    400: ("Invalid value", "invalid_request_error", None),
    401: ("Incorrect API key provided: sk-fake-0123456789", "auth_error", "invalid_api_key"),
    403: ("This key may not use this model", "permission_error", None),
    404: ("The model does not exist", "invalid_request_error", "model_not_found"),
    429: ("Rate limit reached", "rate_limit_error", "rate_limit_exceeded"),
    500: ("server error", "server_error", None),
}


@dataclass
class Fault:
    """KIND@WHERE[xN][+SECS], see the help of bench.fake_llm."""

    kind: str
    where: str
    left: int
    seconds: float

    @classmethod
    def read(cls, text: str) -> "Fault":
        found = SYNTAX.match(text)
        if not found:
            raise SystemExit(f"fake_llm: cannot read fault {text!r}")
        kind, where, times, seconds = found.groups()
        return cls(kind, where, int(times or 1) or ALWAYS, float(seconds or 1))

    def take(self, number: int, role: str | None, section: str | None) -> bool:
        """Whether it happens to this request; it then has happened once."""
        if not self.left or self.where not in ("*", f"#{number}", role, f"{role}:{section}"):
            return False
        self.left -= 1
        return True

    @property
    def status(self) -> int | None:
        """The HTTP status, for a fault that refuses the request."""
        digits = self.kind.removesuffix("date")
        return int(digits) if digits.isdigit() else None

    @property
    def headers(self) -> dict[str, str]:
        if self.kind == "429":
            return {"Retry-After": f"{self.seconds:g}"}
        if self.kind == "429date":
            moment = datetime.now(UTC) + timedelta(seconds=self.seconds)
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        return {}

    @property
    def body(self) -> dict[str, object]:
        message, kind, code = MESSAGES[self.status or 500]
        return {"error": {"message": message, "type": kind, "code": code}}


class Trouble:
    """A share of all requests fails, in ways that pass: none of them alone ends a step."""

    KINDS = ("429", "429date", "500", "drop", "stall", "empty", "badjson")

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._chance = random.Random(seed)

    def take(self, body: dict[str, Any]) -> Fault | None:
        if self._chance.random() >= self._share:
            return None
        kind = self._chance.choice(self.KINDS)
        # Only a first answer is spoilt: a model that cannot repair it either is another matter.
        is_first = not any(message["role"] == "assistant" for message in body["messages"])
        if kind == "badjson" and not (is_first and body.get("response_format")):
            kind = "500"
        return Fault(kind, "*", 0, seconds=3.0 if kind == "stall" else 0.2)
