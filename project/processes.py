"""Child processes that have a log, and that do not outlive the process that started them.

On Linux the kernel kills them with their parent. Elsewhere, and to be sure, a file remembers each
one, and the next start ends what it finds still running.
"""

import contextlib
import ctypes
import os
import platform
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

LOG_BYTES = 5_000_000
PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> None:
    """Has the kernel send this process the signal when its parent ends, however it ends."""
    if platform.system() == "Linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def identity(pid: int) -> str | None:
    """What tells a process from a later one with the same number; None if there is none."""
    if platform.system() == "Linux":
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The name, in brackets, may hold anything; the state and the start time follow it.
        state, *fields = status.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if state == "Z" else f"{boot} {fields[18]}"
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def end_leftovers(directory: Path) -> list[str]:
    """Kills what an earlier start left running, and only that; the names of what was found."""
    found = []
    for file in directory.glob("*.pid"):
        number, _, known = file.read_text().partition(" ")
        if number.isdigit() and known and identity(int(number)) == known:
            found.append(file.stem)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(number), signal.SIGKILL)
            while identity(int(number)) == known:
                time.sleep(0.02)
        file.unlink()
    return found


@dataclass
class Child:
    """One process, started as often as needed; the leader of a process group of its own."""

    name: str
    command: list[str]
    log: Path
    pid_file: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    log_offset: int = 0

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        parent = os.getpid()

        def in_child() -> None:
            die_with_parent(signal.SIGKILL)
            if os.getppid() != parent:  # it died before the kernel was asked
                os._exit(1)

        with self.log.open("ab") as log:
            self.log_offset = log.tell()
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.environment,
                start_new_session=True,
                preexec_fn=in_child,
            )
        self.started_at = time.monotonic()
        self.pid_file.write_text(f"{self.process.pid} {identity(self.process.pid)}")

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self.process.poll() if self.process else None

    def log_tail(self, lines: int) -> list[str]:
        """The end of what it has said since it was started."""
        with self.log.open("rb") as log:
            log.seek(self.log_offset)
            return log.read().decode(errors="replace").splitlines()[-lines:]


def end(children: list[Child], seconds: float) -> None:
    """Asks them to stop, all at once, and kills what is left of them after that time."""
    deadline = time.monotonic() + seconds
    running = [child for child in children if child.process]
    for child in running:
        signal_group(child, signal.SIGTERM)
    while time.monotonic() < deadline and any(child.exit_status() is None for child in running):
        time.sleep(0.02)
    for child in running:
        signal_group(child, signal.SIGKILL)
        if child.process:
            child.process.wait()
        child.process = None
        child.pid_file.unlink(missing_ok=True)


def signal_group(child: Child, number: signal.Signals) -> None:
    """Reaches the processes that it started, too, even after it has ended itself."""
    if child.process:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.process.pid, number)
