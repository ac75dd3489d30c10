"""What a process loads is little, and from then on nothing to the garbage collector."""

import gc
import subprocess
import sys

from django.conf import settings

from writing.memory import settle


def test_what_is_loaded_is_permanent() -> None:
    before = gc.get_freeze_count()
    try:
        settle()
        assert gc.get_freeze_count() > before
        assert len(gc.get_objects()) < 1000
    finally:
        gc.unfreeze()


def test_a_web_process_does_not_load_what_only_workers_use(
    child_environment: dict[str, str],
) -> None:
    question = (
        "import project.asgi, sys; print([m for m in ('openai', 'aiohttp') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", question],
        cwd=settings.BASE_DIR,
        env=child_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
