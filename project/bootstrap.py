"""Installs what is missing and builds what has changed; with nothing to do it takes no time.

    python3 project/bootstrap.py [--dev]

Runs with the system's Python and its standard library alone, before there is a virtual environment.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What was installed and built, by name: the digest of what it was made from.
STAMPS = VENV / "bootstrap.json"
BUNDLE = ROOT / "static" / "dist"
NODE_VERSION = 20
STARTED = time.monotonic()
# Whole or not at all: several test processes may do this at once.
COMPILE = """
import os, polib, sys
for path in sys.argv[1:]:
    made = f"{path}.{os.getpid()}"
    polib.pofile(path).save_as_mofile(made)
    os.replace(made, path[:-2] + "mo")
"""


def say(line: str) -> None:
    print(f"{time.monotonic() - STARTED:6.1f} s  {line}", flush=True)


def fail(line: str) -> NoReturn:
    sys.exit(f"Scriptorium cannot be installed: {line}")


def digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamps() -> dict[str, str]:
    if not STAMPS.exists():
        return {}
    content: dict[str, str] = json.loads(STAMPS.read_text())
    return content


def stamp(name: str, value: str) -> None:
    STAMPS.write_text(json.dumps(stamps() | {name: value}, indent=1))


def run(command: list[str], task: str, *, path: str = "", total: int = 0) -> None:
    """Runs a command, telling what it is at; its whole output is shown only when it fails."""
    paths = [path] if path else []
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"PATH": os.pathsep.join([*paths, os.environ["PATH"]])},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = []
    count = 0
    for line in process.stdout or []:
        output.append(line)
        words = line.split()
        if words[:1] in (["Collecting"], ["Processing"]):  # from an index, from a directory
            count += 1
            say(f"{task} {count}/{total}: {Path(words[1]).name}")
        elif words[:1] == ["Installing"]:
            say(f"{task}: installing")
    if process.wait() != 0:
        sys.stdout.writelines(output[-40:])
        fail(f"{task} failed, see above. `{' '.join(command[:4])} …` ended with an error.")


def make_environment() -> list[str]:
    """Makes the virtual environment if there is none; the command that is its pip."""
    has_pip = importlib.util.find_spec("ensurepip") is not None
    if not has_pip and importlib.util.find_spec("pip") is None:
        fail("this Python has neither venv nor pip (Debian, Ubuntu: apt install python3-venv).")
    if not PYTHON.exists():
        say("Python: a virtual environment in .venv")
        options = [] if has_pip else ["--without-pip"]
        run([sys.executable, "-m", "venv", "--clear", *options, str(VENV)], "Python")
    if has_pip:
        return [str(PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(PYTHON)]


def install(pip: list[str], name: str) -> None:
    """Installs one lock file unless it is the one that was installed last."""
    lock = ROOT / "requirements" / f"{name}.txt"
    wanted = digest([lock])
    if stamps().get(name) == wanted:
        return
    options = ["--require-hashes", "--only-binary=:all:", "--no-input", "--progress-bar=off"]
    if name == "model":
        options.append("--no-deps")
    total = sum("==" in line for line in lock.read_text().splitlines())
    command = [*pip, "--disable-pip-version-check", "install", *options, "-r", str(lock)]
    run(command, f"Python packages ({name})", total=total)
    stamp(name, wanted)


def system_node() -> bool:
    """Whether a Node.js that is new enough, and its npm, are on the PATH."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = answer.stdout.strip().lstrip("v").split(".")[0]
    return version.isdigit() and int(version) >= NODE_VERSION


def node_directory(pip: list[str]) -> str:
    """The directory to put first on the PATH: the system's Node.js needs none, a wheel's does."""
    if system_node():
        return ""
    install(pip, "node")
    return str(VENV / "bin")


def build_bundle(pip: list[str], *, checks: bool) -> None:
    """Builds what the browser loads, when its sources or its packages have changed."""
    lock = [ROOT / "package.json", ROOT / "package-lock.json"]
    sources = [
        path
        for folder in ("js", "css")
        for path in (ROOT / "static" / folder).rglob("*")
        if path.is_file()
    ]
    packages, bundle = digest(lock), digest([*lock, ROOT / "build.mjs", *sources])
    installed = stamps().get("npm") == packages and (ROOT / "node_modules").is_dir()
    built = stamps().get("bundle") == bundle and (BUNDLE / "main.js").is_file()
    if built and (installed or not checks):
        return
    path = node_directory(pip)
    if not installed:
        say("Browser packages")
        run(["npm", "ci", "--ignore-scripts", "--no-progress"], "Browser packages", path=path)
        stamp("npm", packages)
    if not built:
        say("Browser bundle")
        run(["npm", "run", "build"], "Browser bundle", path=path)
        stamp("bundle", bundle)


def compile_translations() -> None:
    """Makes the .mo file beside each .po file, without needing gettext on the system."""
    pairs = [(path, path.with_suffix(".mo")) for path in (ROOT / "locale").rglob("*.po")]
    stale = [
        str(po)
        for po, mo in pairs
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns
    ]
    if not stale:
        return
    say("Translations")
    run([str(PYTHON), "-c", COMPILE, *stale], "Translations")


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 (older ones do come here)
        version = ".".join(map(str, sys.version_info[:2]))
        fail(f"it needs Python 3.11 or newer and this is {version} ({sys.executable}).")
    for_developers = "--dev" in sys.argv[1:]
    pip = make_environment()
    for name in ["run", "model", *(["dev"] if for_developers else [])]:
        install(pip, name)
    build_bundle(pip, checks=for_developers)
    compile_translations()


if __name__ == "__main__":
    main()
