"""One HTTP POST to a receiver that may be slow, hostile or inside a private network.

- The host name is resolved once, and every address of it must be public. The client connects to
  one of these addresses and checks the address of the connected socket again.
- TLS verifies the certificate against the host name.
- The client follows no redirect, uses no proxy, limits the time of the whole request, and reads
  only the beginning of the response.
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

TIMEOUT: Final = 15.0  # seconds, for the whole request
MAX_BODY_BYTES: Final = 64 * 1024
_EXCERPT_LENGTH: Final = 1000  # characters
_MAX_ADDRESSES: Final = 3


class Fault(StrEnum):
    """Why a request failed; the values are those of ``DeliveryFault``."""

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
class PostResult:
    """The result of a request.

    ``fault`` is None after a 2xx status. ``excerpt`` is the beginning of the response's body, or
    the details of the fault.
    """

    fault: Fault | None
    status: int | None = None
    excerpt: str = ""


class _PrivateAddressError(Exception):
    """The host name resolves to an address that is not public."""


class _PublicConnection(http.client.HTTPConnection):
    """A connection to a checked address, with a deadline for the whole request."""

    def __init__(
        self, url: SplitResult, *, timeout: float, allow_private: bool, tls: ssl.SSLContext | None
    ) -> None:
        self.tls = (tls or ssl.create_default_context()) if url.scheme == "https" else None
        self.default_port = 443 if self.tls else 80
        host = url.hostname or ""
        super().__init__(host, url.port or self.default_port)
        self.allow_private = allow_private
        self.deadline = time.monotonic() + timeout
        self.timed_out = False
        self.open_socket: socket.socket | None = None
        # The timeout of a socket starts again with every byte that arrives, so a receiver that
        # sends one byte at a time would never reach it.
        self.timer = threading.Timer(timeout, self._abort)

    def __enter__(self) -> Self:
        self.timer.daemon = True
        self.timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        self.close()
        if self.open_socket is not None:
            self.open_socket.close()

    def _abort(self) -> None:
        """Wake the thread that waits for the socket; runs in the thread of the timer."""
        self.timed_out = True
        if self.open_socket is not None:
            with suppress(OSError):  # the socket was closed at the same time
                # The method of the plain socket: SSLSocket.shutdown() would drop the TLS object
                # that the other thread is using.
                socket.socket.shutdown(self.open_socket, socket.SHUT_RDWR)

    def _remaining_seconds(self) -> float:
        seconds = self.deadline - time.monotonic()
        if seconds <= 0 or self.timed_out:
            raise TimeoutError
        return seconds

    def _check_address(self, address: str) -> None:
        if not (self.allow_private or is_public(address)):
            raise _PrivateAddressError(address)

    def connect(self) -> None:
        addresses = _resolve(self.host, self.port, self._remaining_seconds())
        # All of them before the first connection: one private address makes the name suspicious.
        for *_, address in addresses:
            self._check_address(str(address[0]))
        error: OSError | None = None
        for family, kind, protocol, _name, address in addresses[:_MAX_ADDRESSES]:
            self.open_socket = socket.socket(family, kind, protocol)
            try:
                self.open_socket.settimeout(self._remaining_seconds())
                # The resolved address, not the name: a second lookup could return another one
                # (DNS rebinding).
                self.open_socket.connect(address)
                self._check_address(str(self.open_socket.getpeername()[0]))
                break
            except OSError as failure:
                self.open_socket.close()
                error = failure
        else:
            raise error or OSError("The name has no address.")
        self._start_tls()
        self.sock = self.open_socket

    def _start_tls(self) -> None:
        if self.tls is None or self.open_socket is None:
            return
        # The handshake is a separate step, so that _abort() can reach the socket during it.
        self.open_socket = self.tls.wrap_socket(
            self.open_socket, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.open_socket.settimeout(self._remaining_seconds())
        self.open_socket.do_handshake()


def _resolve(host: str, port: int, timeout: float) -> list[Any]:
    """Resolve a host name; ``TimeoutError`` after that many seconds."""
    results: list[list[Any] | Exception] = []

    def resolve() -> None:
        try:
            results.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            results.append(error)

    # In a thread, because getaddrinfo() has no timeout. A thread that hangs is left behind.
    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(timeout)
    if not results:
        raise TimeoutError
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]


def post(  # noqa: PLR0913  the parts of a request, by keyword
    url: str,
    body: bytes,
    headers: dict[str, str],
    *,
    allow_private: bool,
    timeout: float = TIMEOUT,
    tls: ssl.SSLContext | None = None,
) -> PostResult:
    """POST the body to a URL that ``find_url_error`` accepts; never raises."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _PublicConnection(parts, timeout=timeout, allow_private=allow_private, tls=tls)
    try:
        with connection:
            connection.request("POST", target, body, {**headers, "Connection": "close"})
            with connection.getresponse() as response:
                # http.client accepts a truncated header block as a complete one.
                if connection.timed_out:
                    return PostResult(Fault.TIME)
                return _read_response(response)
    except _PrivateAddressError as error:
        return PostResult(Fault.ADDRESS, excerpt=str(error))
    except (socket.gaierror, UnicodeError) as error:
        return PostResult(Fault.NAME, excerpt=_clean_excerpt(str(error)))
    except (OSError, http.client.HTTPException) as error:
        return _classify_error(error, timed_out=connection.timed_out)


def _classify_error(error: Exception, *, timed_out: bool) -> PostResult:
    detail = _clean_excerpt(str(error) or type(error).__name__)
    if timed_out or isinstance(error, TimeoutError):
        return PostResult(Fault.TIME)
    if isinstance(error, ssl.SSLError):
        return PostResult(Fault.CERTIFICATE, excerpt=detail)
    # RemoteDisconnected is both an HTTPException and a ConnectionError.
    if isinstance(error, http.client.HTTPException) and not isinstance(error, OSError):
        return PostResult(Fault.ANSWER, excerpt=detail)
    return PostResult(Fault.CONNECTION, excerpt=detail)


def _read_response(response: http.client.HTTPResponse) -> PostResult:
    """Read the beginning of the body; the status counts even if the body never arrives."""
    content = bytearray()
    # read1() in parts: read(limit) of a chunk with a negative size would read the whole response.
    with suppress(OSError, http.client.HTTPException, ValueError):
        while len(content) < MAX_BODY_BYTES and (
            part := response.read1(MAX_BODY_BYTES - len(content))
        ):
            content += part
    excerpt = _clean_excerpt(content.decode("utf-8", "replace"))
    if 200 <= response.status < 300:
        return PostResult(None, response.status, excerpt)
    if response.status == 410:
        return PostResult(Fault.GONE, response.status, excerpt)
    if 300 <= response.status < 400:
        location = _clean_excerpt(response.headers.get("Location", ""))
        return PostResult(Fault.REDIRECT, response.status, location)
    return PostResult(Fault.STATUS, response.status, excerpt)


def _clean_excerpt(text: str) -> str:
    """Return the beginning of a foreign text, without control characters."""
    # A NUL character, for example, is refused by PostgreSQL.
    printable = "".join(
        c if c.isprintable() or c == "\n" else " " for c in text[: 4 * _EXCERPT_LENGTH]
    )
    return printable.strip()[:_EXCERPT_LENGTH]
