"""A message reaches a receiver, and nobody's own network; what answers badly does no harm."""

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook, WebhookVerificationError

from claims.webhooks import retry_policy
from claims.webhooks.http_client import MOST_READ, Answer, Fault, post
from claims.webhooks.signing import generate_secret, signed_headers
from claimsapi.core.network import find_url_error, is_public
from tests.webhook_receiver import Receiver, receiving

PUBLIC = [
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4001:80b::200e",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
]
NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104  an address like others here
    "0.1.2.3",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::93.184.216.34",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:5db8:d822::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "2606:4700:4700::1111%lo",
    "fec0::1",
    "ff02::1",
    "localhost",
    "",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_may_be_sent_to(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_may_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://news.example/hook",
        "ftp://news.example/",
        "news.example/hook",
        "https://",
        "https:///hook",
        "https://news.example:0/",
        "https://news.example:99999/",
        "https://me:secret@news.example/",
        "https://news.example/#part",
        "https://news.example/a b",
        "https://news.example/\r\nX: y",
        "https://zeitung.example/böse",
        "https://bücher.example/",
        "https://[::1/",
        "https:\\\\news.example",
    ],
)
def test_an_address_that_could_not_be_sent_to_is_refused_before(url: str) -> None:
    assert find_url_error(url, allow_private=False).endswith(".")


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.0.0.1.",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[fe80::1%25lo]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "desk.localhost",
    ],
)
def test_a_host_that_is_literally_private_is_refused_before(host: str) -> None:
    address = f"https://{host}:8443/hook"
    assert "private network" in find_url_error(address, allow_private=False)
    assert find_url_error(address, allow_private=True) == ""


@pytest.mark.parametrize(
    "host", ["1.1.1.1", "[2606:4700:4700::1111]", "news.example", "10.example", "localhost.example"]
)
def test_a_host_that_may_be_public_is_not(host: str) -> None:
    assert find_url_error(f"https://{host}/hook", allow_private=False) == ""


def test_an_address_without_tls_needs_the_setting() -> None:
    assert find_url_error("https://news.example:8443/hook?a=1", allow_private=False) == ""
    assert find_url_error("http://localhost:8000/", allow_private=True) == ""


# --- signatures -----------------------------------------------------------------------------------
def test_the_receivers_library_trusts_a_message_and_no_other() -> None:
    secret, now = generate_secret(), datetime.now(UTC)
    assert secret.startswith("whsec_")
    headers = signed_headers([secret], message_id="msg_1", at=now, body='{"a": "ü"}')
    assert Webhook(secret).verify('{"a": "ü"}', headers) == {"a": "ü"}
    for body, key, more in (
        ('{"a": "u"}', secret, {}),
        ('{"a": "ü"}', generate_secret(), {}),
        ('{"a": "ü"}', secret, {"webhook-id": "msg_2"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, {**headers, **more})
    old = signed_headers([secret], message_id="m", at=now - timedelta(minutes=6), body="{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify("{}", old)


def test_two_secrets_make_two_signatures_either_of_which_is_enough() -> None:
    keys = [generate_secret(), generate_secret()]
    headers = signed_headers(keys, message_id="msg_1", at=datetime.now(UTC), body="{}")
    for key in keys:
        assert Webhook(key).verify("{}", headers) == {}


def test_retries_come_ever_later_and_end_after_about_three_days() -> None:
    chance = Random(6)  # noqa: S311
    waits = [retry_policy.wait_after(n, chance) for n in range(1, retry_policy.ATTEMPTS)]
    assert timedelta(seconds=24) <= waits[0] <= timedelta(seconds=36)
    assert all(a * 2 < b for a, b in pairwise(waits[:6]))
    assert timedelta(days=2.4) < sum(waits, timedelta()) < timedelta(days=3.6)
    assert len({retry_policy.wait_after(9, chance) for _ in range(20)}) == 20
    assert retry_policy.wait_after(10_000, chance) < timedelta(hours=15)


# --- requests -------------------------------------------------------------------------------------
def sent(url: str, *, seconds: float = 5, **more: Any) -> Answer:
    return post(url, b"{}", {"X-Own": "1"}, **{"allow_private": True, "seconds": seconds, **more})


def test_a_message_is_posted_and_the_answer_read() -> None:
    with receiving(200) as receiver:
        assert sent(receiver.url) == Answer(None, 200, "Read")
    [(headers, body)] = receiver.requests
    assert body == b"{}"
    assert headers["X-Own"] == "1"
    assert headers["Host"] == f"localhost:{receiver.server_address[1]}"
    assert headers["Connection"] == "close"


@pytest.mark.parametrize(
    ("status", "fault"),
    [(200, None), (204, None), (400, Fault.STATUS), (410, Fault.GONE), (503, Fault.STATUS)],
)
def test_only_a_status_of_success_is_success(status: int, fault: Fault | None) -> None:
    with receiving(status) as receiver:
        answer = sent(receiver.url)
    assert (answer.fault, answer.status) == (fault, status)


def test_a_redirect_is_not_followed() -> None:
    with receiving() as other:

        def redirects(handler: Any) -> None:
            handler.send_response(307)
            handler.send_header("Location", other.url)
            handler.end_headers()

        with receiving(redirects) as receiver:
            assert sent(receiver.url) == Answer(Fault.REDIRECT, 307, other.url)
    assert other.requests == []
    assert len(receiver.requests) == 1


def _hangs(handler: Any) -> None:
    handler.server.closing.wait(20)


def _drips(handler: Any) -> None:
    """Send a byte now and then, so that no single wait is long."""
    handler.wfile.write(b"HTTP/1.1 200 ")
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"x")


def _continues(handler: Any) -> None:
    while not handler.server.closing.wait(0.05):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize("slow", [_hangs, _drips, _continues])
def test_a_receiver_that_takes_too_long_is_left(slow: Any) -> None:
    with receiving(slow) as receiver:
        begun = time.monotonic()
        assert sent(receiver.url, seconds=0.5).fault is Fault.TIME
        assert time.monotonic() - begun < 2


def test_a_receiver_that_never_says_hello_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        answer = sent(f"https://localhost:{silent.getsockname()[1]}/", seconds=0.5)
        assert answer.fault is Fault.TIME
        assert time.monotonic() - begun < 2


def test_a_body_without_end_is_read_no_further_than_its_limit() -> None:
    written = []

    def pours(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not handler.server.closing.is_set():
            handler.wfile.write(b"y" * 65536)
            written.append(65536)

    with receiving(pours) as receiver:
        answer = sent(receiver.url)
    assert (answer.fault, answer.status, set(answer.excerpt)) == (None, 200, {"y"})
    assert len(answer.excerpt) <= 1000
    assert sum(written) < 400 * MOST_READ


@pytest.mark.parametrize(
    "size", ["-1", "-5", "-ffffffff", "ffffffffffffffffff", "5\r\nHello\r\n-5"]
)
def test_no_size_that_a_receiver_gives_a_chunk_lets_it_be_read_any_further(size: str) -> None:
    written = []

    def pours(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(f"{size}\r\n".encode())
        while not handler.server.closing.is_set() and len(written) < 1600:
            handler.wfile.write(b"y" * 65536)
            written.append(65536)

    with receiving(pours) as receiver:
        answer = sent(receiver.url)
    assert (answer.fault, answer.status) == (None, 200)
    assert len(answer.excerpt) <= 1000
    assert sum(written) < 400 * MOST_READ


def test_the_beginning_of_a_body_that_breaks_off_is_kept() -> None:
    def breaks_off(handler: Any) -> None:
        handler.send_response(500)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"5\r\nHello\r\nno size\r\n")

    with receiving(breaks_off) as receiver:
        assert sent(receiver.url) == Answer(Fault.STATUS, 500, "Hello")


def test_the_status_counts_even_if_the_body_never_comes() -> None:
    def stops(handler: Any) -> None:
        handler.send_response(202)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.server.closing.wait(20)

    with receiving(stops) as receiver:
        assert sent(receiver.url, seconds=0.5).status == 202


def test_what_is_no_http_is_a_fault() -> None:
    with receiving(lambda handler: handler.wfile.write(b"Good day!\r\n\r\n")) as receiver:
        assert sent(receiver.url).fault is Fault.ANSWER


def test_nobody_there_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/").fault is Fault.CONNECTION


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "..", "nowhere.invalid"])
def test_a_name_that_does_not_resolve_is_a_fault(host: str, monkeypatch: Any) -> None:
    resolve = socket.getaddrinfo

    def offline(name: str, *arguments: Any, **named: Any) -> Any:
        if name == "nowhere.invalid":
            raise socket.gaierror(-2, "Name or service not known")
        return resolve(name, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    assert sent(f"http://{host}/").fault is Fault.NAME


def test_a_resolver_that_takes_too_long_is_left(monkeypatch: Any) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: done.wait(20) and [])
    begun = time.monotonic()
    assert sent("http://news.example/", seconds=0.3).fault is Fault.TIME
    assert time.monotonic() - begun < 2
    done.set()


# --- the server's own network ---------------------------------------------------------------------
@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_no_way_of_writing_loopback_reaches_it(host: str) -> None:
    with receiving() as receiver:
        port = receiver.server_address[1]
        answer = sent(f"http://{host}:{port}/", allow_private=False)
    assert answer.fault is Fault.ADDRESS
    assert receiver.requests == []


def _resolves_to(monkeypatch: Any, *addresses: str) -> list[str]:
    asked = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        family = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (family[ipaddress.ip_address(a).version], socket.SOCK_STREAM, 6, "", (a, port))
            for a in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_with_one_private_address_among_others_is_refused(monkeypatch: Any) -> None:
    _resolves_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    assert sent("http://news.example/", allow_private=False).fault is Fault.ADDRESS


def test_a_name_is_resolved_once_and_that_address_connected_to(monkeypatch: Any) -> None:
    asked = _resolves_to(monkeypatch, "127.0.0.1")
    with receiving() as receiver:
        port = receiver.server_address[1]
        assert sent(f"http://news.example:{port}/").status == 204
    assert asked == ["news.example"]
    assert receiver.requests[0][0]["Host"] == f"news.example:{port}"


def test_the_address_that_was_connected_to_is_looked_at_too(monkeypatch: Any) -> None:
    _resolves_to(monkeypatch, "93.184.216.34")
    with receiving() as receiver:
        place = receiver.server_address
        connect = socket.socket.connect
        monkeypatch.setattr(socket.socket, "connect", lambda own, _to: connect(own, place))
        answer = sent("http://news.example/", allow_private=False)
    assert answer == Answer(Fault.ADDRESS, excerpt="127.0.0.1")
    assert receiver.requests == []


# --- TLS ------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for news.example, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "news.example")])
    now = datetime.now(UTC)
    made = (
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
    path.write_bytes(made.public_bytes(pem) + private)
    return path


def _server(certificate: Path, names: list[str | None]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    return context


def test_the_certificate_is_checked_against_the_name_not_the_address(
    certificate: Path, monkeypatch: Any
) -> None:
    _resolves_to(monkeypatch, "127.0.0.1")
    names: list[str | None] = []
    trusting = ssl.create_default_context(cafile=str(certificate))
    with receiving(tls=_server(certificate, names)) as receiver:
        port = receiver.server_address[1]
        assert sent(f"https://news.example:{port}/", tls=trusting).status == 204
        assert names == ["news.example"]
        other = sent(f"https://other.example:{port}/", tls=trusting)
        unknown = sent(f"https://news.example:{port}/")
    assert other.fault is unknown.fault is Fault.CERTIFICATE
    assert "other.example" in other.excerpt
    assert len(receiver.requests) == 1


def test_a_receiver_is_one() -> None:
    """The tests' own receiver tells a forged message from a true one."""
    secret = generate_secret()
    with receiving() as receiver:
        headers = signed_headers([secret], message_id="m", at=datetime.now(UTC), body="{}")
        post(receiver.url, b"{}", headers, allow_private=True)
    assert isinstance(receiver, Receiver)
    assert receiver.verified(secret) == [{}]
    with pytest.raises(WebhookVerificationError):
        receiver.verified(generate_secret())
