"""A public hub on a loopback port: files of repositories by commit, in pieces, with faults."""

import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

COMMIT = "a" * 40
PATH = re.compile(r"/(?P<repository>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class FakeHub:
    """Serves one repository, `acme/tiny`, with `tiny.gguf` on main."""

    def __init__(self) -> None:
        self.content = b"GGUF" + bytes(range(256)) * 4096
        # What is sent in its place, where that differs.
        self.sent: bytes | None = None
        self.etag: str | None = None
        self.status = 200
        self.error_code = ""
        # After so many bytes of an answer the connection breaks, once; or nothing more is sent
        # until `go_on`.
        self.break_after: int | None = None
        self.pause_after: int | None = None
        self.go_on = threading.Event()
        self.paused = threading.Event()
        self.ranges: list[str | None] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self) -> None:
                hub.answer(self, with_body=False)

            def do_GET(self) -> None:
                hub.answer(self, with_body=True)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def answer(self, request: BaseHTTPRequestHandler, *, with_body: bool) -> None:
        found = PATH.fullmatch(request.path)
        status, code = self.status, self.error_code
        if status == 200:
            status, code = self._look_up(found)
        content = b"" if status != 200 else self.sent or self.content
        begin = 0
        if with_body:
            self.ranges.append(request.headers["Range"])
            if status == 200 and request.headers["Range"]:
                begin = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
                status = 206
        request.send_response(status)
        if code:
            request.send_header("X-Error-Code", code)
        request.send_header("X-Repo-Commit", COMMIT)
        request.send_header("X-Linked-Etag", f'"{self.etag or self.sha256}"')
        request.send_header("X-Linked-Size", str(len(self.content)))
        if status == 206:
            request.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - begin))
        request.end_headers()
        if with_body:
            self._send(request, content[begin:])

    def _look_up(self, found: re.Match[str] | None) -> tuple[int, str]:
        if found is None or found["repository"] != "acme/tiny":
            return 404, "RepoNotFound"
        if found["revision"] not in ("main", COMMIT):
            return 404, "RevisionNotFound"
        if found["file"] != "tiny.gguf":
            return 404, "EntryNotFound"
        return 200, ""

    def _send(self, request: BaseHTTPRequestHandler, content: bytes) -> None:
        cut = self.break_after or self.pause_after
        if cut is None:
            request.wfile.write(content)
            return
        request.wfile.write(content[:cut])
        request.wfile.flush()
        if self.break_after:
            self.break_after = None
            request.close_connection = True
            return
        self.paused.set()
        self.go_on.wait(20)
        try:
            request.wfile.write(content[cut:])
        except OSError:  # whoever asked has gone
            request.close_connection = True

    def stop(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    fake = FakeHub()
    yield fake
    fake.stop()
