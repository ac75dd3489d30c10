"""Sends a message to an address that a person named: to nobody but those whom all the world may
reach, and with little time.

The name is looked up once, and what was found and checked is what is connected to: a name that
answers otherwise the next time leads nowhere else.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from yarl import URL

from agents.public_url import PORTS, check_url, forbidden, may_be_reached
from writing.exceptions import InvalidInput

CONNECT_SECONDS = 5
WHOLE_SECONDS = 10
ANSWER_BYTES = 16_384
ANSWER_CHARACTERS = 1_000
PROBLEM_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None where nobody answered; then `problem` says why."""

    status: int | None
    text: str
    problem: str
    milliseconds: int


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Blocks for ten seconds at most; follows no redirect and keeps no cookie."""
    began = time.monotonic()
    status, text, problem = None, "", ""
    try:
        parts = urlsplit(check_url(url))
        status, text = asyncio.run(asyncio.wait_for(_post(parts, body, headers), WHOLE_SECONDS))
    except InvalidInput as error:
        problem = str(error)
    except TimeoutError:
        problem = _("No answer within %(seconds)d seconds.") % {"seconds": WHOLE_SECONDS}
    except (aiohttp.ClientError, OSError, UnicodeError, ValueError) as error:
        problem = _("The address could not be reached: %(error)s") % {
            "error": Truncator(str(error)).chars(PROBLEM_CHARACTERS)
        }
    return Answer(status, text, problem, round((time.monotonic() - began) * 1000))


async def _post(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    host, target = str(parts.hostname), URL(parts.geturl())
    if target.host != host:  # whose name was looked up must be who is asked
        raise InvalidInput(_("Enter an address such as https://example.org/hook."))
    resolver = _Pinned(host, await _look_up(host, parts.port or PORTS[parts.scheme]))
    async with (
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=WHOLE_SECONDS, connect=CONNECT_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        ) as session,
        session.post(target, data=body, headers=dict(headers), allow_redirects=False) as response,
    ):
        text = await response.content.read(ANSWER_BYTES)
        return response.status, text.decode("utf-8", "replace").replace("\0", "")[
            :ANSWER_CHARACTERS
        ]


async def _look_up(host: str, port: int) -> list[ResolveResult]:
    """Every address of the name; raises InvalidInput if one of them is not for all the world."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    results: list[ResolveResult] = []
    for family, _kind, protocol, _name, address in found:
        ip = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if not may_be_reached(ip):
            raise InvalidInput(forbidden(host))
        results.append(
            ResolveResult(
                hostname=host,
                host=str(ip),
                port=port,
                family=family,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
        )
    return results


class _Pinned(AbstractResolver):
    """Knows one name, and what was found for it."""

    def __init__(self, host: str, results: list[ResolveResult]) -> None:
        self._host, self._results = host, results

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        if host != self._host:
            raise OSError(f"{host} was not looked up")
        return self._results

    async def close(self) -> None:
        return None
