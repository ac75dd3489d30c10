"""Open models from a hub: fetched, resumed, verified, given up, put into use."""

import json
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from agents import reaper
from agents.actions.local_models import cancel_fetching, fetch_local_model
from agents.fetching import fetch
from agents.local_server import read_choice, switch
from agents.models import LocalModel, LocalModelState, Model, Role, RoleKind
from agents.open_models import OPEN_MODELS
from agents.seeds import LOCAL_MODEL_NAME, seed
from tests.agents.conftest import until
from tests.fake_hub import COMMIT, FakeHub, hub
from writing.models import AuditEntry

__all__ = ["hub"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "admin:agents_localmodel_changelist"
FETCH = "admin:agents_localmodel_fetch"


@pytest.fixture(autouse=True)
def _house(
    settings: Any, tmp_path: Path, hub: FakeHub, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR, settings.HF_ENDPOINT = tmp_path, hub.url
    settings.LOCAL_MODEL_CHOICE = tmp_path / "model" / "chosen.json"
    settings.LOCAL_MODEL_PORT = free_port
    # Often enough to see a cancelled one stop.
    monkeypatch.setattr(huggingface_hub.constants, "DOWNLOAD_CHUNK_SIZE", 1 << 14)


@pytest.fixture
def tiny() -> LocalModel:
    return LocalModel.objects.create(repository="acme/tiny", file="tiny.gguf")


def fetched(model: LocalModel) -> LocalModel:
    fetch(model.pk)
    model.refresh_from_db()
    return model


def act(client: Client, model: LocalModel, what: str) -> str:
    path = reverse("admin:agents_localmodel_act", args=[model.pk, what])
    answer = client.post(path, follow=True)
    model.refresh_from_db()
    return answer.content.decode()


def test_weights_are_fetched_verified_and_pinned(tiny: LocalModel, hub: FakeHub) -> None:
    fetched(tiny)
    assert (tiny.state, tiny.problem) == (LocalModelState.READY, "")
    assert (tiny.commit, tiny.sha256) == (COMMIT, hub.sha256)
    assert tiny.received_bytes == tiny.size_bytes == len(hub.content)
    assert tiny.path.read_bytes() == hub.content
    fetch(tiny.pk)
    # Its worker was killed before it could say that it is done.
    LocalModel.objects.update(state=LocalModelState.WAITING)
    assert fetched(tiny).state == LocalModelState.READY
    assert len(hub.ranges) == 1


def test_a_broken_connection_is_resumed(tiny: LocalModel, hub: FakeHub) -> None:
    hub.break_after = 300_000
    assert fetched(tiny).state == LocalModelState.READY
    assert hub.ranges[0] is None
    assert str(hub.ranges[1]).startswith("bytes=")
    assert tiny.path.read_bytes() == hub.content


def test_what_another_worker_left_is_gone_on_with(tiny: LocalModel, hub: FakeHub) -> None:
    tiny.path.parent.mkdir(parents=True)
    tiny.path.with_name("tiny.gguf.part").write_bytes(hub.content[:500_000])
    long_ago = timezone.now() - timedelta(hours=1)
    LocalModel.objects.update(state=LocalModelState.FETCHING, heartbeat_at=long_ago, attempt=3)
    assert fetched(tiny).state == LocalModelState.READY
    assert hub.ranges == ["bytes=500000-"]
    assert tiny.path.read_bytes() == hub.content


def test_cancelling_stops_at_once_and_trying_again_goes_on(
    tiny: LocalModel, hub: FakeHub, administrator: Client, settings: Any
) -> None:
    settings.LEASE_SECONDS = 0.4
    hub.pause_after = 400_000
    worker = threading.Thread(target=fetch, args=[tiny.pk])
    worker.start()
    assert hub.paused.wait(10)
    until(lambda: LocalModel.objects.get().received_bytes > 0)
    page = administrator.get(reverse(PAGE), headers={"HX-Request": "true"}).content.decode()
    assert "<progress" in page
    assert "<html" not in page
    # Somebody who takes it for abandoned finds its file locked.
    LocalModel.objects.update(state=LocalModelState.WAITING)
    fetch(tiny.pk)
    assert LocalModel.objects.get().state == LocalModelState.WAITING
    act(administrator, tiny, "cancel")
    beat = f"local-model-{tiny.pk}"
    until(lambda: beat not in {thread.name for thread in threading.enumerate()})
    hub.go_on.set()
    worker.join(20)
    tiny.refresh_from_db()
    assert tiny.state == LocalModelState.CANCELLED
    assert not tiny.path.exists()
    hub.pause_after = None
    act(administrator, tiny, "again")
    assert fetched(tiny).state == LocalModelState.READY
    assert str(hub.ranges[-1]).startswith("bytes=")


def test_a_wrong_file_is_not_kept(tiny: LocalModel, hub: FakeHub) -> None:
    hub.sent = b"X" * len(hub.content)
    assert "is not the file that was promised" in fetched(tiny).problem
    assert tiny.state == LocalModelState.FAILED
    assert not list(tiny.path.parent.glob("tiny.gguf*t"))


def test_what_is_no_gguf_is_not_kept(tiny: LocalModel, hub: FakeHub) -> None:
    hub.content = b"<html>" * 1000
    assert "This is no GGUF file" in fetched(tiny).problem


def test_another_file_than_the_expected_one_is_not_even_fetched(
    tiny: LocalModel, hub: FakeHub
) -> None:
    LocalModel.objects.update(sha256="b" * 64)
    assert "The hub has another file there" in fetched(tiny).problem
    assert not hub.ranges


def test_without_a_checksum_nothing_is_fetched(tiny: LocalModel, hub: FakeHub) -> None:
    hub.etag = "an-etag"
    assert "does not tell this file's SHA-256: enter it" in fetched(tiny).problem
    LocalModel.objects.update(state=LocalModelState.WAITING, sha256=hub.sha256)
    assert fetched(tiny).state == LocalModelState.READY


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"repository": "acme/none"}, "no such repository"),
        ({"wanted_revision": "v9"}, "no such revision"),
        ({"file": "other.gguf"}, "no such file"),
    ],
)
def test_what_is_not_there_is_said(tiny: LocalModel, changes: dict[str, str], said: str) -> None:
    LocalModel.objects.update(**changes)
    assert said in fetched(tiny).problem


def test_problems_are_in_the_language_of_who_asked(tiny: LocalModel, hub: FakeHub) -> None:
    hub.status = 418
    with translation.override("zh-hans"):
        fetch_local_model(tiny, acting_user=User.objects.create_user("ada"))
    assert "模型库返回状态 418" in fetched(tiny).problem


def test_troubles_of_the_hub_are_said(
    tiny: LocalModel, hub: FakeHub, settings: Any, free_port: int
) -> None:
    hub.status, hub.error_code = 403, "GatedRepo"
    assert "asks for an account and consent" in fetched(tiny).problem
    hub.status, hub.error_code = 418, ""
    LocalModel.objects.update(state=LocalModelState.WAITING)
    assert "status 418" in fetched(tiny).problem
    settings.HF_ENDPOINT = f"http://127.0.0.1:{free_port}"
    LocalModel.objects.update(state=LocalModelState.WAITING)
    assert "cannot be reached" in fetched(tiny).problem


def test_a_disk_without_room_is_said_before_anything_comes(
    tiny: LocalModel, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**9, 10**9, 10**6))
    assert "There is no room: 1.0 GB are needed and 0.0 GB are free." in fetched(tiny).problem
    assert not hub.ranges


def test_one_of_the_list_is_fetched_with_a_click(administrator: Client) -> None:
    chosen = OPEN_MODELS[0]
    assert chosen.title in administrator.get(reverse(PAGE)).content.decode()
    for _ in range(2):
        administrator.post(reverse(FETCH), {"curated": chosen.sha256})
    model = LocalModel.objects.get()
    assert (model.wanted_revision, model.sha256) == (chosen.commit, chosen.sha256)
    assert AuditEntry.objects.filter(event="local_model.fetched").count() == 1
    assert administrator.post(reverse(FETCH), {"curated": "c" * 64}).status_code == 404


def test_the_list_is_pinned() -> None:
    for each in OPEN_MODELS:
        model = LocalModel(
            repository=each.repository,
            file=each.file,
            wanted_revision=each.commit,
            sha256=each.sha256,
        )
        model.clean_fields()
        assert len(each.commit) == 40


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("repository", "tiny", "Enter owner/name"),
        ("repository", "../etc/x", "Enter owner/name"),
        ("file", "model.bin", "Enter the name of one GGUF file"),
        ("file", "../../x.gguf", "Enter the name of one GGUF file"),
        ("file", "big-00001-of-00003.gguf", "Files in parts"),
        ("wanted_revision", "a..b", "Enter a branch"),
        ("sha256", "abc", "64 digits"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    administrator: Client, field: str, value: str, said: str
) -> None:
    form = {"repository": "acme/tiny", "file": "tiny.gguf", "wanted_revision": "main"}
    answer = administrator.post(reverse(FETCH), form | {field: value})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not LocalModel.objects.exists()


class _Server:
    """A model server that follows the choice as ours does."""

    def __init__(self, port: int, choice: Path) -> None:
        self.refuse = False
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps({"data": [{"id": server.name(choice)}]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()

    def name(self, choice: Path) -> str:
        if self.refuse and choice.exists():
            choice.with_name("refused.json").write_text('{"reason": "It is no model."}')
        elif choice.exists():
            return Path(json.loads(choice.read_text())["weights"]).stem
        return LOCAL_MODEL_NAME

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server(settings: Any) -> Iterator[_Server]:
    running = _Server(settings.LOCAL_MODEL_PORT, settings.LOCAL_MODEL_CHOICE)
    yield running
    running.stop()


def test_a_model_that_runs_is_put_into_use_and_given_up_again(
    administrator: Client, tiny: LocalModel, server: _Server
) -> None:
    fetched(tiny)
    bundled = Model.objects.get(name=LOCAL_MODEL_NAME)
    writer = Role.objects.get(kind=RoleKind.WRITER)
    writer.model = bundled
    writer.save()
    act(administrator, tiny, "use")
    assert tiny.state == LocalModelState.STARTING
    switch(tiny.pk)
    tiny.refresh_from_db()
    assert (tiny.state, tiny.is_used, tiny.problem) == (LocalModelState.READY, True, "")
    model = Model.objects.get(name="tiny")
    assert (model.is_default, model.context_tokens) == (True, 4096)
    writer.refresh_from_db()
    assert writer.model == model
    seed()
    assert Model.objects.get(is_default=True) == model
    assert "tiny" in administrator.get(reverse(PAGE)).content.decode()
    assert "has changed meanwhile" in act(administrator, tiny, "delete")

    administrator.post(reverse("admin:agents_localmodel_bundled"))
    assert read_choice() == ""
    assert Model.objects.get(is_default=True) == bundled
    act_path = reverse("admin:agents_localmodel_act", args=[tiny.pk, "delete"])
    administrator.post(act_path)
    assert not LocalModel.objects.exists()
    assert not tiny.path.exists()


def test_weights_that_do_not_do_leave_everything_as_it_was(
    administrator: Client, tiny: LocalModel, server: _Server
) -> None:
    fetched(tiny)
    server.refuse = True
    act(administrator, tiny, "use")
    switch(tiny.pk)
    tiny.refresh_from_db()
    assert (tiny.state, tiny.is_used) == (LocalModelState.READY, False)
    assert "The model server does not take it. It is no model." in tiny.problem
    assert read_choice() == ""
    assert Model.objects.get(is_default=True).name == LOCAL_MODEL_NAME


def test_starting_can_be_cancelled(administrator: Client, tiny: LocalModel, settings: Any) -> None:
    """Nobody answers there."""
    settings.LEASE_SECONDS = 0.4
    fetched(tiny)
    act(administrator, tiny, "use")
    worker = threading.Thread(target=switch, args=[tiny.pk])
    worker.start()
    until(lambda: read_choice() != "")
    act(administrator, tiny, "cancel")
    worker.join(20)
    tiny.refresh_from_db()
    assert (tiny.state, tiny.is_used) == (LocalModelState.READY, False)
    assert read_choice() == ""


def test_whoever_was_not_woken_is_found(tiny: LocalModel) -> None:
    current_app.conf.task_always_eager = True
    try:
        reaper.reap()
    finally:
        current_app.conf.task_always_eager = False
    tiny.refresh_from_db()
    assert tiny.state == LocalModelState.READY


def test_where_the_environment_decides_nothing_can_be_chosen(
    administrator: Client, tiny: LocalModel, settings: Any
) -> None:
    fetched(tiny)
    settings.LOCAL_MODEL = "/models/mine.gguf"
    assert "LOCAL_MODEL names its file" in administrator.get(reverse(PAGE)).content.decode()
    path = reverse("admin:agents_localmodel_act", args=[tiny.pk, "use"])
    assert administrator.post(path).status_code == 404


def test_only_who_may_change_local_models_does(client: Client, tiny: LocalModel) -> None:
    seed()
    client.force_login(User.objects.create_superuser("root", "", "pw"))
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(reverse(PAGE)).status_code == 403
    assert client.post(reverse(FETCH), {"curated": OPEN_MODELS[0].sha256}).status_code == 403
    for what in ("cancel", "again", "use", "delete"):
        path = reverse("admin:agents_localmodel_act", args=[tiny.pk, what])
        assert client.post(path).status_code == 403
        assert client.get(path).status_code in (403, 405)
    assert client.post(reverse("admin:agents_localmodel_bundled")).status_code == 403
    assert not cancel_fetching(LocalModel(pk=0), acting_user=User.objects.get(username="staff"))
