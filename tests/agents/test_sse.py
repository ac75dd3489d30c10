import random

import pytest

from agents.sse import MAX_LINE_BYTES, DataLines, SSEError


def test_any_split_of_the_bytes_gives_the_same_lines() -> None:
    text = ': ping\r\ndata: {"a": "é"}\r\n\r\nevent: x\ndata:[1]\n\ndata: [DONE]\n\n'.encode()
    chance = random.Random(7)
    for _ in range(50):
        reader, values, rest = DataLines(), [], text
        while rest:
            size = chance.randint(1, 9)
            values += reader.feed(rest[:size])
            rest = rest[size:]
        assert values == ['{"a": "é"}'.encode(), b"[1]", b"[DONE]"]


def test_line_without_an_end_is_refused() -> None:
    reader = DataLines()
    assert reader.feed(b"data: " + b"x" * 1000) == []
    with pytest.raises(SSEError):
        reader.feed(b"x" * MAX_LINE_BYTES)
