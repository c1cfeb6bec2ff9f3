"""The client reaches receivers and no private network, whatever a receiver answers."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from claims.webhooks.http_client import MAX_BODY_BYTES, Fault, PostResult, post
from tests.webhook_receiver import serve_receiver

# Seconds: less than a hanging receiver takes, and much more than the timeouts of these tests.
PATIENCE = 15


def send(url: str, *, timeout: float = 5, allow_private: bool = True, **options: Any) -> PostResult:
    headers = {"X-Own": "1"}
    return post(url, b"{}", headers, allow_private=allow_private, timeout=timeout, **options)


def test_the_body_is_posted_and_the_response_read() -> None:
    with serve_receiver(200) as receiver:
        assert send(receiver.url) == PostResult(None, 200, "Read")
    [(headers, body)] = receiver.requests
    assert body == b"{}"
    assert headers["X-Own"] == "1"
    assert headers["Host"] == f"localhost:{receiver.server_address[1]}"
    assert headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("status", "fault"),
    [(200, None), (204, None), (400, Fault.STATUS), (410, Fault.GONE), (503, Fault.STATUS)],
)
def test_only_a_2xx_status_is_a_success(status: int, fault: Fault | None) -> None:
    with serve_receiver(status) as receiver:
        result = send(receiver.url)
    assert (result.fault, result.status) == (fault, status)


def test_a_redirect_is_not_followed() -> None:
    with serve_receiver() as other:

        def redirect(handler: Any) -> None:
            handler.send_response(307)
            handler.send_header("Location", other.url)
            handler.end_headers()

        with serve_receiver(redirect) as receiver:
            assert send(receiver.url) == PostResult(Fault.REDIRECT, 307, other.url)
    assert other.requests == []
    assert len(receiver.requests) == 1


def hang(handler: Any) -> None:
    handler.server.closing.wait(20)


def drip(handler: Any) -> None:
    """Send a byte at a time, so that each wait for the socket is short."""
    handler.wfile.write(b"HTTP/1.1 200 ")
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"x")


def send_continue(handler: Any) -> None:
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


# A socket timeout alone would catch only the first of these.
@pytest.mark.parametrize("slow", [hang, drip, send_continue])
def test_a_slow_receiver_times_out(slow: Any) -> None:
    with serve_receiver(slow) as receiver:
        started = time.monotonic()
        assert send(receiver.url, timeout=0.5).fault is Fault.TIME
        assert time.monotonic() - started < PATIENCE


def test_a_receiver_without_tls_handshake_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        result = send(f"https://localhost:{silent.getsockname()[1]}/", timeout=0.5)
        assert result.fault is Fault.TIME
        assert time.monotonic() - started < PATIENCE


def test_an_endless_body_is_read_up_to_the_limit() -> None:
    chunks = []

    def pour(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.closing.is_set():
            handler.wfile.write(b"y" * 65536)
            chunks.append(65536)

    with serve_receiver(pour) as receiver:
        result = send(receiver.url)
    assert (result.fault, result.status, set(result.excerpt)) == (None, 200, {"y"})
    assert len(result.excerpt) <= 1000
    # The buffers of both sockets take much more than the client reads.
    assert sum(chunks) < 400 * MAX_BODY_BYTES


@pytest.mark.parametrize(
    "size", ["-1", "-5", "-ffffffff", "ffffffffffffffffff", "5\r\nHello\r\n-5"]
)
def test_no_chunk_size_makes_the_client_read_beyond_the_limit(size: str) -> None:
    chunks = []

    def pour(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(f"{size}\r\n".encode())
        while not handler.server.closing.is_set() and len(chunks) < 1600:
            handler.wfile.write(b"y" * 65536)
            chunks.append(65536)

    with serve_receiver(pour) as receiver:
        result = send(receiver.url)
    assert (result.fault, result.status) == (None, 200)
    assert len(result.excerpt) <= 1000
    assert sum(chunks) < 400 * MAX_BODY_BYTES


def test_the_beginning_of_a_broken_body_is_recorded() -> None:
    def break_off(handler: Any) -> None:
        handler.send_response(500)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nHello\r\nno size\r\n")

    with serve_receiver(break_off) as receiver:
        assert send(receiver.url) == PostResult(Fault.STATUS, 500, "Hello")


def test_the_status_counts_even_if_the_body_never_arrives() -> None:
    def stop(handler: Any) -> None:
        handler.send_response(202)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.server.closing.wait(20)

    with serve_receiver(stop) as receiver:
        assert send(receiver.url, timeout=0.5).status == 202


def test_a_response_that_is_not_http_is_a_fault() -> None:
    with serve_receiver(lambda handler: handler.wfile.write(b"Good day!\r\n\r\n")) as receiver:
        assert send(receiver.url).fault is Fault.ANSWER


def test_a_refused_connection_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert send(f"http://127.0.0.1:{port}/").fault is Fault.CONNECTION


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "..", "nowhere.invalid"])
def test_a_name_that_does_not_resolve_is_a_fault(host: str, monkeypatch: Any) -> None:
    resolve = socket.getaddrinfo
    # No real lookup of a name: some networks answer for names that do not exist.

    def offline(name: str, *args: Any, **options: Any) -> Any:
        if name == "nowhere.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return resolve(name, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    assert send(f"http://{host}/").fault is Fault.NAME


def test_a_slow_resolver_times_out(monkeypatch: Any) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(20) and [])
    started = time.monotonic()
    assert send("http://news.example/", timeout=0.3).fault is Fault.TIME
    assert time.monotonic() - started < PATIENCE
    done.set()


# --- private networks -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_no_notation_of_loopback_reaches_it(host: str) -> None:
    with serve_receiver() as receiver:
        port = receiver.server_address[1]
        result = send(f"http://{host}:{port}/", allow_private=False)
    assert result.fault is Fault.ADDRESS
    assert receiver.requests == []


def resolve_to(monkeypatch: Any, *addresses: str) -> list[str]:
    hosts = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        hosts.append(host)
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (family[ipaddress.ip_address(a).version], socket.SOCK_STREAM, 6, "", (a, port))
            for a in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return hosts


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: Any) -> None:
    resolve_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    assert send("http://news.example/", allow_private=False).fault is Fault.ADDRESS


def test_the_client_connects_to_the_address_that_it_resolved_once(monkeypatch: Any) -> None:
    hosts = resolve_to(monkeypatch, "127.0.0.1")
    with serve_receiver() as receiver:
        port = receiver.server_address[1]
        assert send(f"http://news.example:{port}/").status == 204
    assert hosts == ["news.example"]
    assert receiver.requests[0][0]["Host"] == f"news.example:{port}"


def test_the_address_of_the_connected_socket_is_checked_too(monkeypatch: Any) -> None:
    resolve_to(monkeypatch, "93.184.216.34")
    with serve_receiver() as receiver:
        address = receiver.server_address
        # As a router would that sends a public address to a private host.
        connect = socket.socket.connect
        monkeypatch.setattr(socket.socket, "connect", lambda own, _to: connect(own, address))
        result = send("http://news.example/", allow_private=False)
    assert result == PostResult(Fault.ADDRESS, excerpt="127.0.0.1")
    assert receiver.requests == []


# --- TLS ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for news.example, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("news.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


def server_context(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context


def test_the_certificate_is_checked_against_the_name_not_the_address(
    certificate: Path, monkeypatch: Any
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    names: list[str | None] = []
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serve_receiver(tls=server_context(certificate, names)) as receiver:
        port = receiver.server_address[1]
        assert send(f"https://news.example:{port}/", tls=trusting).status == 204
        assert names == ["news.example"]
        other = send(f"https://other.example:{port}/", tls=trusting)
        unknown = send(f"https://news.example:{port}/")
    assert other.fault is unknown.fault is Fault.CERTIFICATE
    assert "other.example" in other.excerpt
    assert len(receiver.requests) == 1
