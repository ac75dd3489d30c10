"""Large updates, tried in a process of their own."""

from tests.writing.text.test_gate import DEEP_ARRAY, update_with
from writing.text import sandbox
from writing.text.markdown import append_markdown
from writing.text.peer import Peer


async def test_a_pasted_chapter_survives_on_top_of_what_is_there() -> None:
    ann = Peer(1)
    append_markdown(ann.body, "First words.")
    before = ann.take() or b""
    append_markdown(ann.body, "# Chapter\n\n" + "A sentence of it. " * 5_000)
    pasted = ann.take() or b""
    assert len(pasted) > sandbox.LARGE_BYTES
    assert await sandbox.survives(before, pasted)


async def test_what_ends_a_process_ends_only_that_one() -> None:
    bomb = update_with(b"\x01" + DEEP_ARRAY, 8)
    assert not await sandbox.survives(b"\x00\x00", bomb)
    assert not await sandbox.survives(b"\x00\x00", b"\x01\xff")
