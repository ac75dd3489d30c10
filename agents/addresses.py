"""Where providers may be: never where a cloud keeps its machines' credentials.

Checked on the very address that a connection is about to be made to, so that what a name meant a
moment ago, or how a number is written, makes no difference.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What clouds tell their machines, credentials included, beyond the link-local addresses.
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in (
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure
        "192.0.0.192",  # Oracle Cloud
        "fd00:ec2::254",  # AWS
        "fd20:ce::254",  # Google Cloud
    )
)
# IPv4 addresses written as IPv6, RFC 6052.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """`str()` of it says which rule, for an administrator."""


def check(text: str, *, is_bundled: bool = False) -> None:
    """Raises ForbiddenAddress unless calls may go to this IP address.

    The bundled model is on this machine whatever is said about private networks.
    """
    address = _unwrapped(ipaddress.ip_address(text.partition("%")[0]))
    if address.is_link_local or address in METADATA:
        raise ForbiddenAddress(
            _("%(address)s is where clouds keep the credentials of their machines.")
            % {"address": address}
        )
    if address.is_multicast or address.is_unspecified or address == _BROADCAST:
        raise ForbiddenAddress(
            _("%(address)s is not the address of one machine.") % {"address": address}
        )
    is_private = not address.is_global
    if is_private and not settings.PRIVATE_PROVIDERS and not (is_bundled and address.is_loopback):
        raise ForbiddenAddress(
            _("%(address)s is on a private network, which PRIVATE_PROVIDERS=0 forbids.")
            % {"address": address}
        )


_BROADCAST = ipaddress.ip_address("255.255.255.255")


def _unwrapped(address: Address) -> Address:
    """The IPv4 address in one that only carries it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo:
            inner = address.teredo[1]
        if inner is None and address in NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        return inner or address
    return address


def check_written(url: str) -> None:
    """Raises ForbiddenAddress if the URL names such an address by number, however written. Names
    are looked at when they are resolved, for each connection."""
    host = urlsplit(url).hostname or ""
    try:
        found = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):  # a name
        return
    for *_family, address in found:
        # Whether private ones are allowed may change; the bundled model's address stays.
        check(str(address[0]), is_bundled=True)
