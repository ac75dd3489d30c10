"""How connections to providers are made, and why one was not, in words."""

import errno
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from urllib.parse import urlsplit

import aiohttp
import httpx2
from django.utils.translation import gettext as _

from agents.addresses import ForbiddenAddress, check

KEEP_ALIVE_SECONDS = 5.0


@cache
def certificates() -> ssl.SSLContext:
    """Whom we trust; reading them takes long enough to be done once."""
    return httpx2.create_ssl_context()


def guarded(base_url: str, *, is_bundled: bool) -> Callable[[], aiohttp.ClientSession] | None:
    """Makes a session that connects only to where providers may be; None where a proxy of the
    environment makes the connections, and decides about them."""
    if _has_proxy(base_url):
        return None

    def socket_for(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _name, address = info
        check(str(address[0]), is_bundled=is_bundled)
        return socket.socket(family, kind, protocol)

    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # as many as there are streams
                keepalive_timeout=KEEP_ALIVE_SECONDS,
                ssl=certificates(),
                socket_factory=socket_for,
            )
        )

    return session


def _has_proxy(base_url: str) -> bool:
    parts = urlsplit(base_url)
    proxies, host = urllib.request.getproxies(), parts.hostname or ""
    # A proxy of the environment must not stand between us and a model on this machine.
    if host in {"localhost", "127.0.0.1", "::1"} or urllib.request.proxy_bypass(host):
        return False
    return bool(proxies.get(parts.scheme) or proxies.get("all"))


def forbidden(error: BaseException) -> ForbiddenAddress | None:
    """What the rules said about the address, if that is why there is no connection."""
    return next((link for link in _chain(error) if isinstance(link, ForbiddenAddress)), None)


def why(error: BaseException) -> str:
    """A sentence that says what stood in the way; empty if nothing is known."""
    for link in _chain(error):
        match link:
            case ssl.SSLCertVerificationError():
                return _("Its certificate is not trusted: %(reason)s.") % {
                    "reason": link.verify_message
                }
            case ssl.SSLError():
                return _("It does not speak TLS there: for http, begin the address with http://.")
            case socket.gaierror():
                return _("There is no host of this name.")
            case ConnectionRefusedError():
                return _("Nothing listens on this port.")
            case TimeoutError():
                return _("It did not answer in time.")
            case OSError() if link.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                return _("There is no way to it in this network.")
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it; aiohttp keeps the system's own beside its own."""
    while error is not None:
        inner = getattr(error, "os_error", None)
        if isinstance(inner, BaseException):
            yield inner
        yield error
        error = error.__cause__ or error.__context__
