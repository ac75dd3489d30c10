"""The processes of one machine, started as the supervisor does, and killed."""

import os
import resource
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from project import services
from project.supervisor import make_directories

START_SECONDS = 60.0
WORKING = ("worker", "all")
KINDS = ("worker", "web", "redis", "all")


class Machine:
    """Use as a context manager. `names`: those of its processes that are wanted."""

    def __init__(self, *names: str) -> None:
        self._wanted = names or ("redis", "web", "worker")

    def __enter__(self) -> "Machine":
        make_directories()
        binary = services.redis_binary()
        if binary is None:
            raise SystemExit("chaos: there is no Redis here")
        found = (services.redis_service(binary), services.web_service(), services.worker_service())
        self.services = {s.child.name: s for s in found if s.child.name in self._wanted}
        for name in self.services:
            self.start(name)
        self.await_answers()
        return self

    def __exit__(self, *error: object) -> None:
        for name in self.services:
            self.kill(name)

    def start(self, what: str) -> None:
        for name in self._names(what):
            if name == "redis":  # what it knew is lost, as after FLUSHALL
                shutil.rmtree(settings.DATA_DIR / "redis", ignore_errors=True)
                (settings.DATA_DIR / "redis").mkdir()
                settings.REDIS_SOCKET.unlink(missing_ok=True)
            self.services[name].child.start()

    def kill(self, what: str) -> None:
        for name in self._names(what):
            process = self.services[name].child.process
            if process is not None:
                os.killpg(process.pid, signal.SIGKILL)
        for name in self._names(what):
            process = self.services[name].child.process
            if process is not None:
                process.wait()

    @contextmanager
    def full_disk(self, name: str) -> Iterator[None]:
        """Meanwhile whatever this process writes to a file fails: its database refuses to save."""
        process = self.services[name].child.process
        if process is None:
            raise RuntimeError(f"{name} is not running")
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
        yield
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)

    def await_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        for name, service in self.services.items():
            while not service.answers():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{name} does not answer")
                time.sleep(0.1)

    def _names(self, what: str) -> list[str]:
        return list(self.services) if what == "all" else [what]
