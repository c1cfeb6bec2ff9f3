"""Rules for text that people or programs send."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsapi.core.text import find_unprintable, normalize_text

BIDIRECTIONAL = [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]
CONTROLS = [c for c in [*range(0x20), *range(0x7F, 0xA0)] if chr(c) not in "\t\n\r"]
any_text = st.text(st.characters())  # surrogates too


@pytest.mark.parametrize("code", CONTROLS, ids=hex)
def test_control_characters_are_refused(code: int) -> None:
    expected = f"Control character U+{code:04X} at character 2: remove it."
    assert find_unprintable(f"ab{chr(code)}c") == expected


@pytest.mark.parametrize("code", BIDIRECTIONAL, ids=hex)
def test_bidirectional_controls_are_refused(code: int) -> None:
    expected = f"Bidirectional control U+{code:04X} at character 0: remove it."
    assert find_unprintable(chr(code)) == expected


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF], ids=hex)
def test_lone_surrogates_are_refused(code: int) -> None:
    expected = f"Lone surrogate U+{code:04X} at character 3: send valid Unicode."
    assert find_unprintable(f"abc{chr(code)}") == expected


def test_the_place_is_counted_in_code_points() -> None:
    assert "at character 1:" in find_unprintable("🛳\x00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Tabs\tand\r\nline ends\n",
        "“Quotes” — and dashes…",
        "العبّارات تأخرت",  # right-to-left without controls
        "\u200eA mark of direction\u200f changes no order of what stands around it",
        "👩\u200d🔬 is joined by U+200D",
        "नहीं\u200c",
        "\ufeff\u00ad\u2028",
        "\U0010ffff",
    ],
)
def test_what_people_write_passes(text: str) -> None:
    assert find_unprintable(text) == ""


@given(any_text)
def test_what_passes_has_a_utf_8_form_and_no_controls(text: str) -> None:
    if find_unprintable(text):
        return
    assert text.encode().decode() == text
    assert not {c for c in text if unicodedata.category(c) == "Cc"} - set("\t\n\r")


@given(any_text)
def test_normalising_neither_makes_nor_hides_what_is_refused(text: str) -> None:
    assert bool(find_unprintable(text)) == bool(find_unprintable(normalize_text(text)))


@given(any_text)
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalize_text(normalize_text(text)) == normalize_text(text)


def test_two_spellings_of_a_letter_become_one() -> None:
    assert normalize_text("Zu\u0308rich") == normalize_text("Z\u00fcrich") == "Z\u00fcrich"


def test_letters_of_a_like_look_stay_apart() -> None:
    assert (
        normalize_text("\ufb01") == "\ufb01"
    )  # a ligature is other words' own business (not NFKC)
