"""Providers are called only where they may be, whatever the address is written like."""

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agents import llm
from agents.addresses import ForbiddenAddress, check
from agents.llm import ProviderSpec, Request
from agents.models.providers import validate_base_url
from tests.fake_provider import FakeProvider


@pytest.fixture(autouse=True)
async def _close_clients():
    yield
    await llm.close_clients()


async def problem_of(base_url: str, **fields: Any) -> str:
    request = Request(ProviderSpec(base_url, "", name="Acme", **fields), "m", [], 5)
    with pytest.raises(llm.LLMError) as caught:
        async for _event in llm.stream(request, deadline_seconds=5, idle_seconds=5):
            pass
    return caught.value.message


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_where_clouds_keep_credentials_nobody_is_called(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        check(address, is_bundled=True)


def test_private_networks_are_for_who_allows_them(settings: Any) -> None:
    private = ["127.0.0.1", "10.1.2.3", "192.168.0.7", "::1", "fc00::7", "::ffff:10.0.0.1"]
    for address in (*private, "93.184.215.14"):
        check(address)
    settings.PRIVATE_PROVIDERS = False
    for address in private:
        with pytest.raises(ForbiddenAddress, match="PRIVATE_PROVIDERS=0"):
            check(address)
    check("93.184.215.14")
    check("127.0.0.1", is_bundled=True)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[fe80::1]"]
)
def test_a_forbidden_number_is_not_even_saved(host: str) -> None:
    with pytest.raises(ValidationError, match="credentials of their machines"):
        validate_base_url(f"http://{host}/v1")


@pytest.mark.parametrize("url", ["ftp://example.org", "http://", "http://[::1/v1", "nonsense"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(ValidationError, match="such as https"):
        validate_base_url(url)


def test_a_key_in_the_address_is_refused() -> None:
    with pytest.raises(ValidationError, match="field of its own"):
        validate_base_url("https://me:sk-1@example.org/v1")


async def test_the_address_that_a_name_leads_to_decides_at_each_connection(
    fake_provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that meant something harmless when it was saved, and is changed then."""
    real, leads_to = socket.getaddrinfo, {"models.example": "127.0.0.1"}

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        options.pop("flags", None)
        return real(leads_to.get(host, host), *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    spec = ProviderSpec(f"http://models.example:{fake_provider.port}/v1", "")
    assert await llm.listed(spec)
    leads_to["models.example"] = "169.254.169.254"
    await llm.close_clients()  # a connection that stands leads where it led
    with pytest.raises(llm.Terminal, match=r"not allowed.*credentials of their machines"):
        await llm.listed(spec)


async def test_private_is_refused_at_the_connection_too(
    fake_provider: FakeProvider, settings: Any
) -> None:
    settings.PRIVATE_PROVIDERS = False
    url = f"http://localhost:{fake_provider.port}/v1"
    assert "PRIVATE_PROVIDERS=0" in await problem_of(url)
    assert not fake_provider.bodies
    assert await llm.listed(ProviderSpec(url, "", is_bundled=True))


async def test_the_reason_is_said(free_port: int, fake_provider: FakeProvider) -> None:
    assert "Nothing listens on this port." in await problem_of(f"http://127.0.0.1:{free_port}/v1")
    assert "There is no host of this name." in await problem_of("http://nowhere.invalid/v1")
    tls = f"https://127.0.0.1:{fake_provider.port}/v1"
    assert "It does not speak TLS there" in await problem_of(tls)
