"""Which encoding the bytes of a text are in. No Django here: see `tables`."""

import codecs
import re

from agents.intake.problems import Problem, Unusable

BINARY_SHARE = 0.01
# Of what is not ASCII, so much is in GB 2312 where a text is Chinese; Western text that happens to
# decode as GB 18030 makes rare characters.
COMMON_SHARE = 0.9
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")


def decode(data: bytes) -> str:
    """UTF-8, or UTF-16 with its mark, or GB 18030; raises Unusable."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding)
    if b"\0" in data[:100_000] or _has_controls(data[:100_000].decode("latin-1")):
        raise Unusable(Problem.BINARY)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        return _chinese(data) or _refuse(data, error)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        _refuse(data, error)
    if _has_controls(text[:100_000]):
        raise Unusable(Problem.BINARY)
    return text


def _refuse(data: bytes, error: UnicodeDecodeError) -> "str":
    line = data[: error.start].count(b"\n") + 1
    raise Unusable(Problem.ENCODING, line) from error


def _chinese(data: bytes) -> str:
    """The text if it is Chinese in GB 18030, else ""."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    foreign = "".join(character for character in text if not character.isascii())
    common = foreign.encode("gb2312", errors="ignore").decode("gb2312")
    return text if len(common) >= COMMON_SHARE * len(foreign) else ""


def _has_controls(text: str) -> bool:
    return len(CONTROL.findall(text)) > BINARY_SHARE * len(text)
