"""Public addresses and hosts are distinguished from private ones, in every notation."""

import pytest

from claimsapi.core.network import find_url_error, is_public

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
    "0.0.0.0",  # noqa: S104  an address, not a socket to bind
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
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_any_other_address_is_not_public(address: str) -> None:
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
def test_an_invalid_url_is_refused(url: str) -> None:
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
def test_a_literally_private_host_is_refused(host: str) -> None:
    url = f"https://{host}:8443/hook"
    assert "private network" in find_url_error(url, allow_private=False)
    assert find_url_error(url, allow_private=True) == ""


@pytest.mark.parametrize(
    "host", ["1.1.1.1", "[2606:4700:4700::1111]", "news.example", "10.example", "localhost.example"]
)
def test_a_host_that_may_be_public_is_accepted(host: str) -> None:
    assert find_url_error(f"https://{host}/hook", allow_private=False) == ""


def test_a_url_without_tls_needs_the_setting() -> None:
    assert find_url_error("https://news.example:8443/hook?a=1", allow_private=False) == ""
    assert find_url_error("http://localhost:8000/", allow_private=True) == ""
