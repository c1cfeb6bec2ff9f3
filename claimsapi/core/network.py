"""Which network addresses a message may be sent to: those of the public internet alone.

Whoever keeps the endpoints could otherwise make the server ask its own network for things. The
lists are those of IANA's registries of special-purpose addresses, written out here because Python's
``ipaddress`` changes its mind between releases and looks at no address inside another.
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
        "100.64.0.0/10",  # shared by a provider's customers
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, where clouds keep their secrets
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
# Of version 6 only global unicast is public, and of that not these.
_GLOBAL_6: Final = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo, benchmarking, ORCHID and others
        "2001:db8::/32",
        "2002::/16",  # 6to4, which leads to any address of version 4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an address, as a resolver or a socket writes it, is one of the public internet.

    An address of version 4 inside one of version 6 (mapped, or translated by NAT64) is judged as
    what it leads to. An address with a zone, or that is none, is not public.
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
    """Whether a host needs no resolver to be known as none of the public internet."""
    host = host.removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    if ":" in host:
        return not is_public(host)
    try:
        # As resolvers read it, which take 127.1 and 0x7f000001 for addresses too.
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        return False


def find_url_error(url: str, *, allow_private: bool) -> str:
    """Say what is wrong with an endpoint's address before anything is sent; empty if nothing is."""
    schemes = ("https", "http") if allow_private else ("https",)
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        return Message("Write a whole web address, which begins with https://.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return Message(
            "Write the address in ASCII, without spaces: other characters percent-encoded, "
            "a name as punycode."
        )
    if parts.username is not None or parts.password is not None:
        return Message("The address holds a login: the signature says who sends a message.")
    if parts.fragment:
        return Message("The address has a part after #, which is never sent.")
    if not allow_private and _is_literally_private(parts.hostname or ""):
        return Message(
            "The address is one of a private network, where nothing is sent: write one of the "
            "public internet."
        )
    return ""
