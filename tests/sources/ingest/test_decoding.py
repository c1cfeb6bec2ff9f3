"""Decoding turns bytes into text or raises an error with one message."""

import codecs
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.ingest.decoding import (
    Unreadable,
    declared_encoding,
    decode,
    looks_like_html,
    read_limited,
    sha256_hex,
)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Fähren, 🛳 und «Zitate»\r\n".encode(), "Fähren, 🛳 und «Zitate»\r\n"),
        (codecs.BOM_UTF8 + b"ferry", "ferry"),
        (codecs.BOM_UTF16_LE + "ferry ä".encode("utf-16-le"), "ferry ä"),
        (codecs.BOM_UTF16_BE + "ferry ä".encode("utf-16-be"), "ferry ä"),
        ("e\u0301 stays decomposed".encode(), "e\u0301 stays decomposed"),
        ("\u202bعربي\u202c".encode(), "\u202bعربي\u202c"),
    ],
)
def test_a_text_keeps_all_characters(content: bytes, text: str) -> None:
    assert decode(content) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t\r\n", "empty"),
        (codecs.BOM_UTF8, "empty"),
        (b"ferry\x00", "NUL at character 5"),
        (b"ferry\x07", "U+0007 at character 5"),
        ("Fähre".encode("latin-1"), "0xE4 at byte 1"),
        (b"ab\xed\xa0\x80", "lone surrogate at byte 2"),
        ("El país".encode("latin-1"), "0xED at byte 5"),
        (b"ferry \xe2\x82", "at byte 6"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04...", "ZIP"),
        (b"\x89PNG\r\n", "PNG"),
        (codecs.BOM_UTF32_LE + "a".encode("utf-32-le"), "UTF-32"),
        (codecs.BOM_UTF16_LE + b"a", "not utf-16-le"),
    ],
)
def test_content_that_is_no_text_is_an_error_with_position_and_reason(
    content: bytes, message: str
) -> None:
    with pytest.raises(Unreadable) as error:
        decode(content)
    assert message in str(error.value)


@pytest.mark.parametrize("declared", ["utf-7", "rot13", "base64", "idna", "nonsense", "", "\x00"])
def test_an_encoding_outside_the_encoding_standard_is_an_error(declared: str) -> None:
    with pytest.raises(Unreadable, match="which the Encoding Standard lacks"):
        decode(b"+ADw-script+AD4-", declared=declared)


@pytest.mark.parametrize(
    ("declared", "content"),
    [("ISO-8859-1", b"\x93F\xe4hre\x94"), ("windows-1252", b"\x93F\xe4hre\x94")],
)
def test_latin_1_means_windows_1252_as_in_browsers(declared: str, content: bytes) -> None:
    assert decode(content, declared=declared) == "“Fähre”"


@pytest.mark.parametrize(
    ("declared", "content", "text"),
    [
        ("Shift_JIS", b"\x81\x60\x87\x40", "～①"),
        ("windows-31j", b"\x81\x60", "～"),
        ("x-sjis", b"\x81\x60", "～"),
        ("GB2312", b"\xa1\xa4", "·"),
        ("big5", b"\xc6\xa1", "①"),
        ("windows-949", b"\xb0\xa1", "가"),
        ("windows-874", b"\xa1", "ก"),
        ("tis-620", b"\xa1\x85", "ก…"),
        ("iso-8859-8-i", b"\xe0", "א"),
        ("x-mac-cyrillic", b"\x80", "А"),
        ("utf-16", "Fähre".encode(), "Fähre"),
    ],
)
def test_a_label_has_the_same_meaning_as_in_browsers(
    declared: str, content: bytes, text: str
) -> None:
    assert decode(content, declared=declared) == text


def test_a_byte_order_mark_overrides_a_declaration() -> None:
    assert decode(codecs.BOM_UTF8 + "ä".encode(), declared="windows-1252") == "ä"


def test_a_declaration_counts_where_browsers_search_for_it() -> None:
    assert declared_encoding(b'<meta charset="Shift_JIS">') == "Shift_JIS"
    assert declared_encoding(b'<META content="text/html; charset=koi8-r">') == "koi8-r"
    assert declared_encoding(b" " * 1100 + b'<meta charset="koi8-r">') is None
    assert declared_encoding(b'<!-- <meta charset="koi8-r"> --><meta charset="big5">') == "big5"
    assert declared_encoding(b'<!-- <meta charset="koi8-r">') is None


@given(st.binary(max_size=200), st.sampled_from([None, "utf-8", "gb18030", "big5", "shift_jis"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_text_or_an_error(content: bytes, declared: str | None) -> None:
    with suppress(Unreadable):
        text = decode(content, declared=declared)
        assert text.strip()
        text.encode()  # no lone surrogate


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), min_size=1))
@settings(deadline=None)
def test_valid_utf_8_stays_unchanged(text: str) -> None:
    if text.strip() and not text.startswith("\ufeff"):
        assert decode(b"#" + text.encode()) == "#" + text


def test_a_file_over_the_limit_is_an_error_that_names_the_setting() -> None:
    assert read_limited(BytesIO(b"12345"), limit=5) == b"12345"
    with pytest.raises(Unreadable, match="INGEST_MAX_BYTES"):
        read_limited(BytesIO(b"123456"), limit=5)


def test_the_hash_follows_fips_180_4() -> None:
    # The published test vector of SHA-256 for the message "abc".
    assert sha256_hex(b"abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize(
    ("name", "content", "html"),
    [
        ("page.html", b"plain", True),
        ("PAGE.HTM", b"plain", True),
        ("-", b"\n <!-- a --> <!DOCTYPE html><p>x", True),
        ("-", codecs.BOM_UTF8 + b"<html><p>x", True),
        ("-", b'<?xml version="1.0"?>\n<!DOCTYPE html><p>x', True),
        ("-", b"<!-- a --><!-- b -->\n<html>", True),
        ("-", b"<!-- a <html>", False),
        ("notes", b"<p>an arrow</p>", False),
        ("notes.txt", b"<html> is how pages begin", False),
        ("-", b"The <html> element", False),
    ],
)
def test_html_is_detected_by_name_or_first_bytes(name: str, content: bytes, html: bool) -> None:  # noqa: FBT001
    assert looks_like_html(content, name) is html


def test_many_comments_before_other_content_take_linear_time() -> None:
    # With backtracking over all groupings, even 40 comments would take hours.
    assert looks_like_html(b"<!---->" * 10_000 + b"x", "-") is False
