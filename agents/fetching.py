"""Fetches weights from the public hub, in a worker: resumed, verified, given up when asked to.

What is there already is a file beside the finished one; a lock on it keeps a second worker away.
"""

import errno
import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

import httpx2
from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from huggingface_hub import get_hf_file_metadata, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get

from agents.held import Held, Stopped, take
from agents.models import LocalModel, LocalModelState

MAGIC = b"GGUF"
ASK_SECONDS = 20
# So much stays free for everybody else.
SPARE_BYTES = 1_000_000_000
PIECE_BYTES = 1 << 20


class FetchError(Exception):
    """`str()` of it says what is wrong, and what to do."""


def fetch(pk: int) -> None:
    """Does nothing where there is nothing to do: safe to repeat, late or twice."""
    waiting = Q(state=LocalModelState.WAITING)
    model = take(pk, waiting=waiting, state=LocalModelState.FETCHING)
    if model is None:
        return
    with translation.override(model.locale), Held(model) as held:
        try:
            with _sole_use(model) as partial:
                _find(held)
                _download(held, partial)
                _verify(held, partial)
                held.update(received_bytes=model.size_bytes)  # cancelled at the last moment, too
                partial.replace(model.path)
            held.update(state=LocalModelState.READY, received_bytes=model.size_bytes, problem="")
        except Stopped:
            # Whoever is next goes on where this one stopped, unless it was cancelled.
            held.mine().update(state=LocalModelState.WAITING, received_bytes=held.received)
        except FetchError as error:
            held.mine().update(
                state=LocalModelState.FAILED, problem=str(error), received_bytes=held.received
            )


@contextmanager
def _sole_use(model: LocalModel) -> Iterator[Path]:
    """The file for what has come so far; raises Stopped while another worker writes to it."""
    partial = model.path.with_name(model.path.name + ".part")
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with partial.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Stopped from error
            if model.path.exists():  # whoever finished it could not say so any more
                model.path.replace(partial)
            yield partial
    except OSError as error:
        raise FetchError(_explained(error)) from error


def _find(held: Held) -> None:
    """Asks the hub for commit, size and SHA-256, and settles on them."""
    model = held.model
    try:
        found = get_hf_file_metadata(
            _url(model), token=False, timeout=ASK_SECONDS, endpoint=settings.HF_ENDPOINT
        )
    except (HfHubHTTPError, EntryNotFoundError, httpx2.HTTPError, OSError) as error:
        raise FetchError(_explained(error)) from error
    offered = found.etag or ""
    is_hash = re.fullmatch("[0-9a-f]{64}", offered) is not None
    if model.sha256 and is_hash and offered != model.sha256:
        raise FetchError(
            _("The hub has another file there: its SHA-256 is %(found)s, not %(known)s.")
            % {"found": offered, "known": model.sha256}
        )
    if not model.sha256 and not is_hash:
        raise FetchError(_("The hub does not tell this file's SHA-256: enter it."))
    if not found.size or not found.commit_hash:
        raise FetchError(_("The hub does not tell this file's size and commit."))
    model.sha256 = model.sha256 or offered
    model.size_bytes, model.commit = found.size, found.commit_hash
    held.update(sha256=model.sha256, size_bytes=model.size_bytes, commit=model.commit)


def _url(model: LocalModel) -> str:
    return hf_hub_url(
        model.repository,
        model.file,
        revision=model.commit or model.wanted_revision,
        endpoint=settings.HF_ENDPOINT,
    )


def _download(held: Held, partial: Path) -> None:
    model = held.model
    with partial.open("r+b" if partial.exists() else "w+b") as file:
        received = file.seek(0, 2)
        if received > model.size_bytes:
            received = file.seek(0)
            file.truncate()
        held.received = received
        free = shutil.disk_usage(partial.parent).free
        if free < model.size_bytes - received + SPARE_BYTES:
            raise FetchError(
                _("There is no room: %(needed).1f GB are needed and %(free).1f GB are free.")
                % {
                    "needed": (model.size_bytes - received + SPARE_BYTES) / 1e9,
                    "free": free / 1e9,
                }
            )
        try:
            http_get(
                _url(model),
                file,
                resume_size=received,
                expected_size=model.size_bytes,
                tqdm_class=_bar(held),
            )
        except (HfHubHTTPError, httpx2.HTTPError, OSError, ValueError) as error:
            held.check()
            raise FetchError(_explained(error)) from error


def _bar(held: Held) -> Any:
    """What http_get takes for a progress bar."""

    class Bar:
        def __init__(self, **_options: Any) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *error: object) -> None:
            pass

        def update(self, size: int) -> None:
            held.check()
            held.received += size

    return Bar


def _verify(held: Held, partial: Path) -> None:
    digest = hashlib.sha256()
    with partial.open("rb") as file:
        begins = _begins(file)
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
            held.check()
    if digest.hexdigest() != held.model.sha256:
        partial.unlink()
        held.received = 0
        raise FetchError(
            _("What came is not the file that was promised (SHA-256). It was deleted: try again.")
        )
    if begins != MAGIC:
        partial.unlink()
        held.received = 0
        raise FetchError(_("This is no GGUF file. It was deleted."))


def _begins(file: IO[bytes]) -> bytes:
    begins = file.read(len(MAGIC))
    file.seek(0)
    return begins


def _explained(error: Exception) -> str:
    match error:
        case GatedRepoError():
            return _("This repository asks for an account and consent: choose another one.")
        case RevisionNotFoundError():
            return _("The repository has no such revision.")
        case EntryNotFoundError():
            return _("The repository has no such file at this revision.")
        case RepositoryNotFoundError():
            return _("The hub has no such repository, or it is private.")
        case HfHubHTTPError():
            return _("The hub answered with status %(status)s. Try again later.") % {
                "status": error.response.status_code
            }
        case OSError() if error.errno == errno.ENOSPC:
            return _("The disk is full. Make room, then try again: what has come is kept.")
        case OSError() if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return _("The data directory cannot be written to: %(reason)s.") % {
                "reason": error.strerror
            }
    return _(
        "The hub at %(hub)s cannot be reached, or the connection broke. What has come is kept: try "
        "again. Where another address leads to it, set HF_ENDPOINT."
    ) % {"hub": settings.HF_ENDPOINT}
