"""Setting up a provider: from a preset, tested, with models chosen of its own list."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agents import breaker
from agents.actions.runs import start_draft
from agents.listing import ListedModel, models_in
from agents.models import Attempt, Call, Model, Provider
from agents.presets import PRESETS, preset_of
from tests.agents.test_admin import provider_form
from tests.fake_provider import FakeProvider
from writing.actions.documents import create_document
from writing.actions.sections import add_section

pytestmark = pytest.mark.django_db
KEY = "canary-3f9a77c1"
ADD = "admin:agents_provider_add"


def result_of(client: Client, provider: Provider | None = None, **fields: Any) -> str:
    name = "admin:agents_provider_test_saved" if provider else "admin:agents_provider_test"
    path = reverse(name, args=[provider.pk] if provider else [])
    answer = client.post(path, provider_form(**fields), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert KEY not in page
    return page


def saved(fake: FakeProvider, **fields: Any) -> Provider:
    return Provider.objects.create(
        slug="elsewhere", name="Elsewhere", base_url=fake.base_url, **fields
    )


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.slug)
def test_a_preset_fills_in_what_is_known(administrator: Client, preset: Any) -> None:
    page = administrator.get(reverse(ADD), {"preset": preset.slug})
    initial = page.context["adminform"].form.initial
    assert (initial["name"], initial["base_url"]) == (preset.name, preset.base_url)
    assert str(preset.hint) in page.content.decode()
    assert preset_of(preset.base_url) == preset


def test_a_second_provider_of_a_kind_has_another_short_name(administrator: Client) -> None:
    Provider.objects.create(slug="openai", name="OpenAI", base_url="https://api.openai.com/v1")
    page = administrator.get(reverse(ADD), {"preset": "openai"})
    assert page.context["adminform"].form.initial["slug"] == "openai-2"


def test_the_bundled_model_is_found_where_it_is_and_can_be_added_again(
    administrator: Client,
) -> None:
    bundled = Provider.objects.get(is_bundled=True)
    path = reverse("admin:agents_provider_change", args=[bundled.pk])
    assert f'href="{path}"' in administrator.get(reverse(ADD)).content.decode()
    bundled.delete()
    initial = administrator.get(reverse(ADD), {"preset": "local"}).context["adminform"].form.initial
    assert administrator.post(reverse(ADD), provider_form(**initial)).status_code == 302
    assert Provider.objects.get(slug="local").is_bundled


def test_a_test_before_saving_lists_models_and_times_the_first_token(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    fake_provider.require_key(KEY)
    fake_provider.list_models({"data": [{"id": "text-embedding-3"}, {"id": "gpt-x"}]})
    page = result_of(administrator, base_url=fake_provider.base_url, api_key=KEY)
    assert "It works: gpt-x began to answer after" in page
    assert "1 of another kind" in page
    assert fake_provider.bodies[0]["max_tokens"] <= 64
    assert not Provider.objects.filter(slug="elsewhere").exists()


def test_a_saved_provider_is_tested_with_its_key_and_the_model_it_has(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    fake_provider.require_key(KEY)
    provider = saved(fake_provider, api_key=KEY)
    Model.objects.create(provider=provider, name="mine")
    page = result_of(administrator, provider, base_url=fake_provider.base_url)
    assert "It works: mine began to answer" in page
    page = result_of(administrator, provider, base_url=fake_provider.base_url, try_model="other")
    assert "It works: other began to answer" in page


def test_the_saved_key_goes_to_no_other_address(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    """Neither by a test nor by saving: an address could be one that collects keys."""
    provider = Provider.objects.create(
        slug="elsewhere", name="Elsewhere", base_url="https://models.example.com/v1", api_key=KEY
    )
    fake_provider.require_key(KEY)
    page = result_of(administrator, provider, base_url=fake_provider.base_url)
    assert "The saved key is for another address" in page
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    form = provider_form(base_url=fake_provider.base_url)
    assert "is for another address" in administrator.post(path, form).content.decode()
    provider.refresh_from_db()
    assert provider.base_url == "https://models.example.com/v1"
    page = result_of(administrator, provider, base_url=fake_provider.base_url, remove_key="on")
    assert "does not accept the API key" in page
    assert administrator.post(path, form | {"remove_key": "on"}).status_code == 302


def test_each_trouble_is_said(
    administrator: Client, fake_provider: FakeProvider, free_port: int
) -> None:
    url = fake_provider.base_url

    def problem(**fields: Any) -> str:
        return result_of(administrator, **{"base_url": url, **fields})

    assert "no host of this name" in problem(base_url="http://nowhere.invalid/v1")
    assert "Nothing listens on this port" in problem(base_url=f"http://127.0.0.1:{free_port}/v1")
    assert "credentials of their machines" in problem(base_url="http://169.254.169.254/v1")
    assert "No key has such characters" in problem(api_key="ключ")
    # A page with an application of its own instead of an interface.
    assert "for most providers it ends in /v1" in problem(base_url=url.removesuffix("/v1"))
    fake_provider.require_key(KEY)
    assert "does not accept the API key" in problem(api_key="sk-wrong-key-123")
    fake_provider.require_key("")
    fake_provider.list_models(["no", "models"])
    assert "lists no model that writes" in problem()
    fake_provider.list_models("<html>")
    assert "not like an OpenAI-compatible provider" in problem()
    fake_provider.list_models("https://collector.example/v1/models", status=301)
    assert "leads on to https://collector.example/v1/models" in problem()
    fake_provider.list_models({"data": [{"id": "big"}]})
    fake_provider.fail("404@*x0")
    assert "has no model big" in problem()
    fake_provider.fail()
    fake_provider.list_models({}, status=404)
    assert "without a list of models" in problem()
    page = problem(try_model="hidden")
    assert "It works: hidden began to answer" in page
    assert "add them by name below" in page


def test_a_model_that_only_thinks_works(administrator: Client, fake_provider: FakeProvider) -> None:
    fake_provider.say(" " * 5000)
    page = result_of(administrator, base_url=fake_provider.base_url)
    assert "fake answers, and thinks before it writes" in page


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(500)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def self_signed(tmp_path: Path) -> Iterator[str]:
    """A server with a certificate that nobody vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (tmp_path / "pem").write_bytes(
        key.private_bytes(encoding, form, serialization.NoEncryption())
        + certificate.public_bytes(encoding)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    server = HTTPServer(("127.0.0.1", 0), _Page)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"https://localhost:{server.server_port}/v1"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_untrusted_certificate_is_said(administrator: Client, self_signed: str) -> None:
    assert "Its certificate is not trusted" in result_of(administrator, base_url=self_signed)


def test_chosen_models_are_added_when_the_provider_is_saved(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    boxes = [ListedModel("big", 200_000).as_json, ListedModel("small").as_json]
    form = provider_form(base_url=fake_provider.base_url, chosen_models=boxes, _continue="")
    answer = administrator.post(reverse(ADD), form, follow=True)
    assert "2 models were added." in answer.content.decode()
    provider = Provider.objects.get(slug="elsewhere")
    sizes = dict(provider.models.values_list("name", "context_tokens"))
    assert sizes == {"big": 200_000, "small": 32_768}
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    administrator.post(path, provider_form(base_url=fake_provider.base_url, chosen_models=boxes))
    assert provider.models.count() == 2


def test_what_was_chosen_stays_when_the_form_has_an_error(administrator: Client) -> None:
    box = ListedModel("big", 200_000).as_json
    page = administrator.post(reverse(ADD), provider_form(concurrency="0", chosen_models=[box]))
    assert "big" in page.content.decode()
    assert json.loads(box)["name"] == "big"
    for broken in ("big", "[]", '{"name": "", "context_tokens": 1}', '{"name": 1}'):
        form = provider_form(chosen_models=[broken])
        page = administrator.post(reverse(ADD), form)
        assert "Test the connection again" in page.content.decode()
    assert not Provider.objects.filter(slug="elsewhere").exists()


def test_sizes_are_read_wherever_a_provider_tells_them() -> None:
    answer = {
        "data": [
            {"id": "vllm", "max_model_len": 8192},
            {"id": "llama", "meta": {"n_ctx_train": 4096}},
            {"id": "hub", "providers": [{"context_length": 131072}, {"context_length": 65536}]},
            {"id": "plain"},
            {"id": 7},
            "no model",
        ]
    }
    assert models_in(answer) == [
        ListedModel("hub", 65536),
        ListedModel("llama", 4096),
        ListedModel("plain"),
        ListedModel("vllm", 8192),
    ]
    assert models_in({"data": None}) == []
    assert models_in({"error": "x"}) is None


def test_a_circuit_is_closed_from_the_providers_page(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    provider = saved(fake_provider)
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    close = reverse("admin:agents_provider_close", args=[provider.pk])
    assert close not in administrator.get(path).content.decode()
    for _ in range(breaker.FAILURES_TO_OPEN):
        breaker.failed(provider.pk, "Elsewhere cannot be reached.")
    page = administrator.get(path).content.decode()
    assert "has been failing since" in page
    assert close in page
    assert administrator.get(close).status_code == 405
    answer = administrator.post(close, follow=True).content.decode()
    assert "Calls go to Elsewhere again." in answer
    assert close not in answer


def test_its_page_shows_what_was_spent_this_month(
    administrator: Client, fake_provider: FakeProvider
) -> None:
    provider = saved(fake_provider)
    model = Model.objects.create(provider=provider, name="mine")
    document = create_document(User.objects.get(), title="Reefs", brief="Coral.")
    add_section(document, title="Where they grow", target_words=40)
    run = start_draft(document, acting_user=User.objects.get())
    attempt = Attempt.objects.create(step=run.steps.all()[0], number=1, client_id=1)
    for cost, month in (("1.25", 0), ("0.50", 0), ("7", 1)):
        moment = timezone.now() - timedelta(days=32 * month)
        Call.objects.create(
            run=run, attempt=attempt, model=model, cost=Decimal(cost), created_at=moment
        )
    path = reverse("admin:agents_provider_change", args=[provider.pk])
    assert "$1.75 in 2 calls" in administrator.get(path).content.decode()


def test_only_who_may_change_providers_tests_and_closes(
    client: Client, fake_provider: FakeProvider
) -> None:
    provider = saved(fake_provider)
    client.force_login(User.objects.create_user("staff", is_staff=True))
    for name in ("test", "test_saved", "close"):
        arguments = [] if name == "test" else [provider.pk]
        path = reverse(f"admin:agents_provider_{name}", args=arguments)
        assert client.post(path, provider_form()).status_code == 403
    assert not fake_provider.bodies
