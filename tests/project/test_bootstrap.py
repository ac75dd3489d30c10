import subprocess
import sys

from django.conf import settings

SCRIPT = str(settings.BASE_DIR / "project" / "bootstrap.py")


def test_an_old_python_is_told_so_in_one_line() -> None:
    code = (
        "import runpy, sys; sys.version_info = (3, 10, 4);"
        f"runpy.run_path({SCRIPT!r}, run_name='__main__')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "needs Python 3.11 or newer and this is 3.10" in answer.stderr


def test_lock_files_pin_everything_and_name_no_place() -> None:
    for lock in (settings.BASE_DIR / "requirements").glob("*.txt"):
        text = lock.read_text()
        requirements = [line for line in text.splitlines() if line[:1].isalnum()]
        assert requirements
        assert all("==" in line and line.endswith("\\") for line in requirements), lock
        assert "://" not in text
        assert "--index" not in text
        assert "--find-links" not in text
    packages = (settings.BASE_DIR / "package-lock.json").read_text()
    assert '"resolved"' not in packages
    assert '"integrity"' in packages
