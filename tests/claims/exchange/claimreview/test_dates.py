"""Dates of markup: notations, ambiguous and impossible dates."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.exchange.claimreview import dates
from claims.exchange.claimreview.normalizer import normalize
from tests.claims.exchange.claimreview.corpus import (
    plain,
)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("13/03/2024", "2024-03-13"),
        ("3/13/2024", "2024-03-13"),
        ("03/03/2024", "2024-03-03"),
        ("25-3-2024", "2024-03-25"),
        ("31.12.2021", "2021-12-31"),
        ("05.03.2024", "2024-03-05"),
        ("2024/03/05", "2024-03-05"),
        ("2024-3-5", "2024-03-05"),
        ("2024.3.5", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("2024/03/05 9:00", "2024-03-05T09:00:00"),
        ("2024-03-05 10:00:00 UTC", "2024-03-05T10:00:00Z"),
        ("2024-03-05 10:00:00 +0200", "2024-03-05T10:00:00+02:00"),
        ("2024-03-05T24:00:00Z", "2024-03-06T00:00:00Z"),
        ("2024-12-31T24:00", "2025-01-01T00:00:00"),
        ("Tue Mar 05 2024 10:00:00 GMT+0100 (CET)", "2024-03-05T10:00:00+01:00"),
        ("Sept. 3rd, 2024", "2024-09-03"),
        ("3rd of May 2024", "2024-05-03"),
        ("5. März 2024", "2024-03-05"),
        ("Freitag, 3. Mai 2024", "2024-05-03"),
        ("2. Dez. 2024", "2024-12-02"),
        ("5 mars 2024", "2024-03-05"),
        ("1er févr. 2024", "2024-02-01"),
        ("2 aou\u0302t 2024", "2024-08-02"),
        ("12 juil. 2024", "2024-07-12"),
        ("5 de marzo de 2024", "2024-03-05"),
        ("5 de enero del 2024", "2024-01-05"),
        ("1º de maio de 2024", "2024-05-01"),
        ("sexta-feira, 3 de dezembro de 2021", "2021-12-03"),
        ("5 gennaio 2024", "2024-01-05"),
    ],
)
def test_an_unambiguous_date_is_read(written: str, text: str) -> None:
    normalized, notes = normalize(plain(datePublished=written))
    assert (normalized["datePublished"], notes) == (text, [])


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("03/04/2024", "is ambiguous: day and month could be swapped."),
        ("3-4-2024", "is ambiguous: day and month could be swapped."),
        ("2024-02-30", "is not an existing day or time."),
        ("2024-13", "is not an existing day or time."),
        ("20240230", "is not an existing day or time."),
        ("30/02/2024", "is not an existing day or time."),
        ("13.13.2024", "is not an existing day or time."),
        ("31 février 2024", "is not an existing day or time."),
        ("Fri, 31 Feb 2024 10:00:00 +0200", "is not an existing day or time."),
        ("2024-02-30T10:00:00Z", "is not an existing day or time."),
        ("2024-03-05T25:00:00Z", "is not an existing day or time."),
        ("0000-00-00", "is not an existing day or time."),
        ("0999-01-01", "is before the year 1000."),
        ("2024-03-05 10:00:00 PM", "is not a date in a supported format."),
        ("3 jui 2024", "is not a date in a supported format."),  # juin, or juillet
        ("2024-W05", "is not a date in a supported format."),
        ("3.5.24", "is not a date in a supported format."),
        ("someday", "is not a date in a supported format."),
        (True, "is not a date in a supported format."),
        (["x" * 1000], "is not a date in a supported format."),
    ],
)
def test_an_unreadable_date_is_noted_with_its_reason(written: Any, why: str) -> None:
    normalized, [note] = normalize(plain(datePublished=written))
    assert "datePublished" not in normalized
    assert note.endswith(f" {why}")


@given(st.text(st.sampled_from("0123456789-/.T: +Zadeimnorsuvzäé"), max_size=40))
def test_a_normalized_date_is_read_unchanged(text: str) -> None:
    markup_date = dates.parse_date(text)
    assert markup_date is None or dates.parse_date(markup_date.text) == markup_date


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024", "2024"),
        ("2024-05", "2024-05"),
        ("2024-05-03", "2024-05-03"),
        ("2024-05-03T10:00:00Z", "2024-05-03"),
        ("2024-05-03 10:00", "2024-05-03"),
        ("2024-05-03T00:00:00+02:00", "2024-05-03"),
        ("2024-05-03T23:30:00-05:00", "2024-05-03"),
        ("20240503", "2024-05-03"),
        ("1512010112", "2017-11-30"),
        ("1512010112345", "2017-11-30"),
        ("202405031200", None),
        ("3rd May 2024", "2024-05-03"),
        ("Friday, May 3, 2024", "2024-05-03"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("05/03/2024", None),
        ("yesterday", None),
        ("999-01-01", None),
        ("2024-13-01", None),
        ("", None),
    ],
)
def test_a_date_is_never_guessed(text: str, date: str | None) -> None:
    markup_date = dates.parse_date(text)
    assert (str(markup_date.date) if markup_date else None) == date
