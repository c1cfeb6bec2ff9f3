"""One HTTP request to a receiver that may be slow, hostile or not what its name says.

A name is resolved once and every address that it has is looked at; the connection is made to one of
those, and looked at again. TLS checks the certificate against the name. Nothing is redirected, no
proxy is used, the whole takes no longer than its time, and little of the answer is read.
"""

import http.client
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self
from urllib.parse import SplitResult, urlsplit

from claimsapi.core.network import is_public

SECONDS: Final = 15.0
MOST_READ: Final = 64 * 1024  # bytes of an answer
_EXCERPT: Final = 1000  # characters
_ADDRESSES_TRIED: Final = 3


class Fault(StrEnum):
    """Why a message was not taken."""

    ADDRESS = "address"
    NAME = "name"
    CONNECTION = "connection"
    CERTIFICATE = "certificate"
    TIME = "time"
    REDIRECT = "redirect"
    STATUS = "status"
    GONE = "gone"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status and the beginning of the body, or what went wrong and how."""

    fault: Fault | None
    status: int | None = None
    excerpt: str = ""


class _NotPublic(Exception):
    """The name leads into a network of the server's own."""


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at, which ends when its time is over."""

    def __init__(
        self, parts: SplitResult, *, seconds: float, allow_private: bool, tls: ssl.SSLContext | None
    ) -> None:
        self.tls = (tls or ssl.create_default_context()) if parts.scheme == "https" else None
        self.default_port = 443 if self.tls else 80
        host = parts.hostname or ""
        super().__init__(host, parts.port or self.default_port)
        self.allow_private = allow_private
        self.ends = time.monotonic() + seconds
        self.over = False
        self.opened: socket.socket | None = None
        # A time-out of the socket begins anew with every byte that arrives.
        self.watch = threading.Timer(seconds, self._end)

    def __enter__(self) -> Self:
        self.watch.daemon = True
        self.watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.cancel()
        self.close()
        if self.opened is not None:
            self.opened.close()

    def _end(self) -> None:
        self.over = True
        if self.opened is not None:
            with suppress(OSError):  # it was closed at this very moment
                # Of the plain socket: TLS would first take leave of the other side.
                socket.socket.shutdown(self.opened, socket.SHUT_RDWR)

    def _left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0 or self.over:
            raise TimeoutError
        return left

    def _check(self, address: str) -> None:
        if not (self.allow_private or is_public(address)):
            raise _NotPublic(address)

    def connect(self) -> None:
        found = _resolved(self.host, self.port, self._left())
        for *_kind, place in found:
            self._check(str(place[0]))
        fault: OSError | None = None
        for family, kind, protocol, _name, place in found[:_ADDRESSES_TRIED]:
            self.opened = socket.socket(family, kind, protocol)
            try:
                self.opened.settimeout(self._left())
                self.opened.connect(place)
                self._check(str(self.opened.getpeername()[0]))
                break
            except OSError as failure:
                self.opened.close()
                fault = failure
        else:
            raise fault or OSError("The name has no address.")
        self._secure()
        self.sock = self.opened

    def _secure(self) -> None:
        """Speak TLS, on a socket that can be ended in the middle of saying hello."""
        if self.tls is None or self.opened is None:
            return
        plain = self.opened
        self.opened = self.tls.wrap_socket(
            plain, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.opened.settimeout(self._left())
        self.opened.do_handshake()


def _resolved(host: str, port: int, seconds: float) -> list[Any]:
    """Ask for the addresses of a name; the system's resolver knows no time-out of ours."""
    found: list[list[Any] | Exception] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as fault:
            found.append(fault)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    if not found:
        raise TimeoutError
    if isinstance(found[0], Exception):
        raise found[0]
    return found[0]


def post(  # noqa: PLR0913  what a request is made of, by keyword
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    allow_private: bool,
    seconds: float = SECONDS,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send the body to an address with which ``url_fault`` finds nothing wrong; never raises."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _Connection(parts, seconds=seconds, allow_private=allow_private, tls=tls)
    try:
        with connection:
            connection.request("POST", target, body, {**headers, "Connection": "close"})
            with connection.getresponse() as response:
                if connection.over:  # http.client takes half a head for a whole one
                    return Answer(Fault.TIME)
                return _judged(response)
    except _NotPublic as fault:
        return Answer(Fault.ADDRESS, excerpt=str(fault))
    except (socket.gaierror, UnicodeError) as fault:
        return Answer(Fault.NAME, excerpt=_readable(str(fault)))
    except (OSError, http.client.HTTPException) as fault:
        return _failed(fault, over=connection.over)


def _failed(fault: Exception, *, over: bool) -> Answer:
    detail = _readable(str(fault) or type(fault).__name__)
    if over or isinstance(fault, TimeoutError):
        return Answer(Fault.TIME)
    if isinstance(fault, ssl.SSLError):
        return Answer(Fault.CERTIFICATE, excerpt=detail)
    if isinstance(fault, http.client.HTTPException) and not isinstance(fault, OSError):
        return Answer(Fault.ANSWER, excerpt=detail)
    return Answer(Fault.CONNECTION, excerpt=detail)


def _judged(response: http.client.HTTPResponse) -> Answer:
    """What the receiver said. Its status is its answer, even if the rest never comes."""
    text = bytearray()
    # By parts: a chunk whose size is negative would be read to the end of the answer, in one go.
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(text) < MOST_READ and (part := response.read1(MOST_READ - len(text))):
            text += part
    excerpt = _readable(text.decode("utf-8", "replace"))
    if 200 <= response.status < 300:
        return Answer(None, response.status, excerpt)
    if response.status == 410:
        return Answer(Fault.GONE, response.status, excerpt)
    if 300 <= response.status < 400:
        location = _readable(response.headers.get("Location", ""))
        return Answer(Fault.REDIRECT, response.status, location)
    return Answer(Fault.STATUS, response.status, excerpt)


def _readable(text: str) -> str:
    """The beginning of what a stranger sent, without what no database or reader could take."""
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in text[: 4 * _EXCERPT])
    return shown.strip()[:_EXCERPT]
