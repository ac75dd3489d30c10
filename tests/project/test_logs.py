"""Log lines: their form, whose work they tell of, and what they keep to themselves."""

import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from django.test import Client
from structlog.contextvars import bound_contextvars
from structlog.stdlib import ProcessorFormatter

from project.logs import logging_config


@pytest.fixture(params=["json", "text"])
def lines(request: pytest.FixtureRequest) -> Iterator[StringIO]:
    """What a logger named "tested" writes in either form."""
    made = logging_config(as_json=request.param == "json")["formatters"]["lines"]
    made.pop("()")
    handler = logging.StreamHandler(StringIO())
    handler.setFormatter(ProcessorFormatter(**made))
    logger = logging.getLogger("tested")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.stream
    logger.removeHandler(handler)


def test_a_line_says_which_run_and_step_it_is_about(lines: StringIO) -> None:
    with bound_contextvars(run="r1", step="s1"):
        extra = {"seconds": 1.5, "request": "<ASGIRequest: GET '/?q=private'>"}
        logging.getLogger("tested").info("step %s", "ended", extra=extra)
    text = lines.getvalue()
    assert text.count("\n") == 1
    assert "private" not in text
    if text.startswith("{"):
        line = json.loads(text)
        assert (line["event"], line["run"], line["step"]) == ("step ended", "r1", "s1")
        assert (line["seconds"], line["level"], line["logger"]) == (1.5, "info", "tested")
    else:
        for part in ("step ended", "run=r1", "step=s1", "seconds=1.5"):
            assert part in text


@pytest.mark.parametrize(
    "secret",
    ["sk-proj-0123456789abcdef", "Authorization: Bearer abc.def", "redis://user:hunter22@host/0"],
)
def test_what_looks_like_a_key_is_left_out(lines: StringIO, secret: str) -> None:
    logger = logging.getLogger("tested")
    logger.warning("refused: %s", secret, extra={"api_key": "plain"})
    try:
        raise ValueError(secret)
    except ValueError:
        logger.exception("broken")
    text = lines.getvalue()
    assert "refused" in text
    assert "ValueError" in text
    for word in ("0123456789", "abc.def", "hunter22", "plain"):
        assert word not in text


@pytest.mark.django_db
def test_every_request_has_an_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "project.logs")
    given = client.get("/healthz/", headers={"X-Request-ID": "from-the-proxy"})
    assert given["X-Request-ID"] == "from-the-proxy"
    made = client.get("/healthz/?q=private", headers={"X-Request-ID": "a\tb"})["X-Request-ID"]
    assert len(made) == 32
    record = caplog.records[-1]
    assert record.getMessage() == "request"
    assert (record.path, record.status) == ("/healthz/", 200)  # type: ignore[attr-defined]
