"""Runs all of Scriptorium on one machine: `make run`, `manage.py up`.

Starts the processes in order, waits until each one answers, starts again what dies, and leaves
nothing behind. It loads no models and no views itself, to stay small.
"""

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from project import services
from project.local_model import CANNOT_RUN, REASON
from project.processes import Child, die_with_parent, end, end_leftovers
from project.services import Service
from writing.setup_token import read_token

START_SECONDS = 60.0
MODEL_START_SECONDS = 20.0
PREPARE_SECONDS = 600.0  # a large database may take its time to migrate
# Together under 5 seconds, which is what Ctrl-C may take.
STOP_SECONDS = 3.0
REDIS_STOP_SECONDS = 0.7
STEADY_SECONDS = 60.0
LONGEST_PAUSE_SECONDS = 30.0
TICK_SECONDS = 0.1


class CannotStart(Exception):
    """The message says why, and what to do."""


class Stopped(Exception):
    """Somebody asked for the end."""


@contextlib.contextmanager
def sole_use_of_data() -> Iterator[None]:
    """Refuses a data directory in use; ends what an earlier start may have left running there."""
    directory = settings.DATA_DIR / "run"
    with (directory / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Scriptorium is already running with the data in {settings.DATA_DIR}. "
                "Stop it, or choose another directory: DATA_DIR=/path make run"
            ) from None
        end_leftovers(directory)
        # Counters begin anew: Prometheus knows what that means.
        for numbers in settings.METRICS_DIR.glob("*.db"):
            numbers.unlink()
        yield


def check_port(host: str, port: int, variable: str) -> None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        raise CannotStart(
            f"Port {port} of {host} cannot be used ({error}). "
            f"Choose another one: {variable}={8123 if port != 8123 else 8223} make run"
        ) from None


def make_directories() -> None:
    for name in ("logs", "run"):
        (settings.DATA_DIR / name).mkdir(exist_ok=True)
    directory: Path = settings.REDIS_SOCKET.parent
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.getuid():
        raise CannotStart(f"{directory} belongs to somebody else. Choose a shorter DATA_DIR.")


class Supervisor:
    """The services it has started, and whether somebody asked for the end."""

    def __init__(self) -> None:
        self.services: list[Service] = []
        self.stopping = False
        self.began = time.monotonic()
        self.model: Service | None = None
        self.choice = 0

    def request_stop(self, *_: object) -> None:
        self.stopping = True

    def say(self, line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.began:6.1f} s  {line}\n")
        sys.stdout.flush()

    def tick(self) -> None:
        if self.stopping:
            raise Stopped
        time.sleep(TICK_SECONDS)

    def run(self) -> None:
        try:
            self.start_all()
            self.tell_address()
            while True:
                for service in self.services:
                    self.keep_running(service)
                    if service is self.model:
                        self.follow_choice(service)
                self.tick()
        except Stopped:
            self.say("stopping")
        finally:
            self.end_all()

    def start_all(self) -> None:
        if not os.environ.get("REDIS_URL"):
            binary = services.redis_binary()
            if binary is None:
                raise CannotStart(
                    "There is no Redis here. Install redis-server, or name one: "
                    "REDIS_URL=redis://host:6379/0 make run"
                )
            self.await_answers(self.start(services.redis_service(binary)))
        elif not services.redis_answers():
            raise CannotStart("REDIS_URL is set, but no Redis answers there.")
        # The model loads while the database is made ready.
        if settings.LOCAL_MODEL != "none":
            self.choice = services.choice_mark()
            self.model = self.start(services.model_service())
        self.prepare()
        web = self.start(services.web_service())
        worker = self.start(services.worker_service())
        self.await_answers(web, worker)
        for service in [service for service in self.services if service.optional]:
            self.await_optional(service)

    def start(self, service: Service) -> Service:
        service.child.start()
        self.services.append(service)
        return service

    def prepare(self) -> None:
        """Migrates and seeds in a process of its own, whose memory is free again afterwards."""
        child = services.child("prepare", [sys.executable, "manage.py", "prepare"])
        child.start()
        try:
            while (status := child.exit_status()) is None:
                self.tick()
        finally:
            end([child], STOP_SECONDS)
        if status != 0:
            raise cannot_start(child, "failed")
        self.say("database ready")

    def await_answers(self, *waiting: Service) -> None:
        deadline = time.monotonic() + START_SECONDS
        pending = [service for service in waiting if not service.answered]
        while pending:
            for service in list(pending):
                if service.child.exit_status() is not None:
                    raise cannot_start(service.child, "ended while it was starting")
                if service.answers():
                    service.answered = True
                    pending.remove(service)
                    self.say(f"{service.child.name} ready")
            if pending and time.monotonic() > deadline:
                raise cannot_start(pending[0].child, f"is not ready after {START_SECONDS:.0f} s")
            self.tick()

    def await_optional(self, service: Service) -> None:
        deadline = time.monotonic() + MODEL_START_SECONDS
        while service.child.exit_status() is None and time.monotonic() < deadline:
            if service.answers():
                self.say(f"{service.child.name} ready")
                return
            self.tick()
        if service.child.exit_status() is None:
            self.say(f"{service.child.name} is still loading")

    def keep_running(self, service: Service) -> None:
        """Starts again what has died, later and later if it goes on dying."""
        now = time.monotonic()
        child = service.child
        status = child.exit_status()
        if service.given_up:
            return
        if status is None:
            if now - child.started_at > STEADY_SECONDS:
                service.failures = 0
        elif service.optional and status == CANNOT_RUN:
            service.given_up = True
            reasons = [line for line in child.log_tail(100) if line.startswith(REASON)]
            self.say(f"Going on without the {child.name}. {' '.join(reasons)}")
            if service is self.model and self.choice:
                services.refuse_choice(" ".join(line.removeprefix(REASON) for line in reasons))
        elif service.start_again_at is None:
            pause = min(2.0**service.failures, LONGEST_PAUSE_SECONDS)
            service.failures += 1
            service.start_again_at = now + pause
            self.say(
                f"{child.name} ended with status {status}; "
                f"starting it again in {pause:.0f} s. Its log is {child.log}"
            )
        elif now >= service.start_again_at:
            service.start_again_at = None
            child.start()

    def follow_choice(self, service: Service) -> None:
        """Starts the model server again with other weights when others were chosen."""
        if services.choice_mark() == self.choice or settings.LOCAL_MODEL:
            return
        self.choice = services.choice_mark()
        child = service.child
        end([child], STOP_SECONDS)
        child.command = services.model_command()
        service.failures, service.given_up, service.start_again_at = 0, False, None
        self.say(f"starting the {child.name} with {'other' if self.choice else 'its own'} weights")
        child.start()

    def tell_address(self) -> None:
        address = services.local_address()
        self.say(f"Scriptorium is ready at {address}/  (Ctrl-C stops it)")
        if token := read_token():
            self.say("Create the administrator's account first, with this link. It works once:")
            self.say(f"{address}/setup/{token}/")

    def end_all(self) -> None:
        """The others first, Redis after them: they still talk to it while they stop."""
        children = [service.child for service in self.services]
        end([child for child in children if child.name != "redis"], STOP_SECONDS)
        end([child for child in children if child.name == "redis"], REDIS_STOP_SECONDS)


def cannot_start(child: Child, what: str) -> CannotStart:
    lines = [f"{child.name} {what}. The end of {child.log}:", *child.log_tail(15)]
    return CannotStart("\n  ".join(lines))


def main() -> None:
    arguments = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    arguments.add_argument("--tied", action="store_true", help="end with the process that began it")
    options = arguments.parse_args()
    supervisor = Supervisor()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, supervisor.request_stop)
    if options.tied:
        die_with_parent(signal.SIGTERM)
    try:
        make_directories()
        with sole_use_of_data():
            check_port(settings.HOST, settings.PORT, "PORT")
            if settings.LOCAL_MODEL != "none":
                check_port("127.0.0.1", settings.LOCAL_MODEL_PORT, "LOCAL_MODEL_PORT")
            supervisor.run()
    except CannotStart as reason:
        sys.exit(f"Scriptorium cannot start. {reason}")


if __name__ == "__main__":
    main()
