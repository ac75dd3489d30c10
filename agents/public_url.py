"""Addresses that a person may name for messages: those that all the world may reach."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from writing.exceptions import InvalidInput

PLAIN = re.compile("[!-~]+")
PORTS = {"http": 80, "https": 443}
# Addresses of other networks, through which private ones of version 4 may be reached.
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str) -> str:
    """The address without outer space; raises InvalidInput. Looks nothing up."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right or not PLAIN.fullmatch(url):
        raise InvalidInput(_("Enter an address such as https://example.org/hook."))
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(
            _("Leave name and password out of the address: messages are signed instead.")
        )
    literal = _literal(parts)
    if literal and not may_be_reached(literal):
        raise InvalidInput(forbidden(str(parts.hostname)))
    return url


def _literal(parts: SplitResult) -> IPAddress | None:
    try:
        return ipaddress.ip_address(str(parts.hostname).partition("%")[0])
    except ValueError:
        return None


def may_be_reached(ip: IPAddress) -> bool:
    if settings.WEBHOOK_PRIVATE:
        return not ip.is_multicast and not ip.is_unspecified
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner:
            return may_be_reached(inner)
        if ip.teredo or any(ip in network for network in NAT64):
            return False
    return ip.is_global and not ip.is_multicast


def forbidden(host: str) -> str:
    return _(
        "%(host)s is an address of this machine or of a private network. Webhooks reach public "
        "addresses alone; an administrator can allow others."
    ) % {"host": host}
