"""Validation and normalization of text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsapi.core.text import find_unprintable, normalize_text, parse_digits

BIDIRECTIONAL = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
CONTROLS = [c for c in [*range(0x20), *range(0x7F, 0xA0)] if chr(c) not in "\t\n\r"]
any_text = st.text(st.characters())  # surrogates too


@pytest.mark.parametrize("code", CONTROLS, ids=hex)
def test_control_characters_are_reported(code: int) -> None:
    expected = f"Control character U+{code:04X} at character 2: remove it."
    assert find_unprintable(f"ab{chr(code)}c") == expected


@pytest.mark.parametrize("code", BIDIRECTIONAL, ids=hex)
def test_bidirectional_controls_are_reported(code: int) -> None:
    expected = f"Bidirectional control U+{code:04X} at character 0: remove it."
    assert find_unprintable(chr(code)) == expected


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF], ids=hex)
def test_lone_surrogates_are_reported(code: int) -> None:
    expected = f"Lone surrogate U+{code:04X} at character 3: send valid Unicode."
    assert find_unprintable(f"abc{chr(code)}") == expected


def test_the_position_counts_code_points() -> None:
    assert "at character 1:" in find_unprintable("🛳\x00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tabs\tand\r\nline ends\n",
        "“Quotes” — and dashes…",
        "العبّارات تأخرت",  # right-to-left without controls
        "\u200eA direction mark\u200f does not reorder the text around it",
        "👩\u200d🔬 is joined by U+200D",
        "नहीं\u200c",
        "\ufeff\u00ad\u2028",
        "\U0010ffff",
    ],
)
def test_ordinary_text_is_valid(text: str) -> None:
    assert find_unprintable(text) == ""


@given(any_text)
def test_valid_text_has_a_utf_8_form_and_no_controls(text: str) -> None:
    if find_unprintable(text):
        return
    assert text.encode().decode() == text
    assert not {c for c in text if unicodedata.category(c) == "Cc"} - set("\t\n\r")


@given(any_text)
def test_normalization_neither_creates_nor_hides_invalid_characters(text: str) -> None:
    assert bool(find_unprintable(text)) == bool(find_unprintable(normalize_text(text)))


@given(any_text)
def test_normalization_is_idempotent(text: str) -> None:
    assert normalize_text(normalize_text(text)) == normalize_text(text)


def test_two_spellings_of_a_letter_become_one() -> None:
    assert normalize_text("Zu\u0308rich") == normalize_text("Z\u00fcrich") == "Z\u00fcrich"


def test_compatibility_characters_stay_distinct() -> None:
    assert normalize_text("\ufb01") == "\ufb01"  # a ligature, which form KC would replace


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("999", 999),
        ("1000", None),
        ("", None),
        ("-1", None),
        ("1 ", None),
        ("٣", None),
        ("²", None),
        ("1_0", None),
    ],
)
def test_only_short_texts_of_ascii_digits_are_numbers(text: str, number: int | None) -> None:
    assert parse_digits(text, 3) == number
