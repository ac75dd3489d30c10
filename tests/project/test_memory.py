"""What a process has loaded when it begins to serve is not looked at by the garbage collector."""

import gc

from writing.memory import settle


def test_what_is_loaded_is_permanent() -> None:
    before = gc.get_freeze_count()
    try:
        settle()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < 1000
    finally:
        gc.unfreeze()
