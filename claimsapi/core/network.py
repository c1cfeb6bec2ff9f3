"""Rules for the network addresses of outgoing requests: only the public internet is allowed.

Without these rules, whoever configures an endpoint could send requests into the server's own
network (server-side request forgery). The lists follow IANA's registries of special-purpose
addresses. Python's ``ipaddress`` is no substitute: its answers differ between releases, and it
ignores IPv4 addresses inside IPv6 addresses.
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from claimsapi.core.i18n.messages import Message

_NOT_PUBLIC_4: Final = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, including the metadata services of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# In IPv6, only global unicast is public, except for the networks below.
_GLOBAL_6: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarking, ORCHID and others
        "2001:db8::/32",
        "2002::/16",  # 6to4, which routes to any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Return whether an address from a resolver or a socket belongs to the public internet.

    For an IPv4 address inside an IPv6 address (mapped or NAT64), the IPv4 address decides. A zone
    (scope id) or a malformed address makes the result false.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address not in _MAPPED and address not in _NAT64:
            return address in _GLOBAL_6 and not any(address in net for net in _NOT_PUBLIC_6)
        address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return not any(address in network for network in _NOT_PUBLIC_4)


def _is_literally_private(host: str) -> bool:
    """Return whether a host is localhost or a private address, without a DNS query."""
    host = host.removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if ":" in host:
        return not is_public(host)
    try:
        # inet_aton reads short and hexadecimal forms as resolvers do: 127.1, 0x7f000001.
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False


def find_url_error(url: str, *, allow_private: bool) -> str:
    """Return an error message for an endpoint's URL; empty if the URL is valid."""
    schemes = ("https", "http") if allow_private else ("https",)
    try:
        parts = urlsplit(url)
        is_absolute = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_absolute = False
    if not is_absolute:
        return Message("This is not an absolute URL. Write a URL that starts with https://.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return Message(
            "The URL has spaces or non-ASCII characters. Percent-encode them, and write host names "
            "in punycode."
        )
    if parts.username is not None or parts.password is not None:
        return Message(
            "The URL contains a login. Remove it: the signature authenticates the sender."
        )
    if parts.fragment:
        return Message("The URL has a fragment (#…), which is never sent. Remove it.")
    if not allow_private and _is_literally_private(parts.hostname or ""):
        return Message("The URL points to a private network. Write a URL of the public internet.")
    return ""
