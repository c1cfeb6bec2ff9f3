"""Partial dates."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsapi.core.partial_date import PartialDate


@st.composite
def partial_dates(draw: st.DrawFn) -> PartialDate:
    day = draw(st.dates())
    precision = draw(st.sampled_from(["day", "month", "year"]))
    if precision != "day":
        day = day.replace(day=1)
    if precision == "year":
        day = day.replace(month=1)
    return PartialDate(day, precision)


@given(partial_dates())
def test_formatting_and_parsing_gives_the_same_date(date: PartialDate) -> None:
    assert PartialDate.parse(str(date)) == date


@given(st.text(max_size=12) | st.from_regex(r"\d{4}(-\d{2}(-\d{2})?)?", fullmatch=True))
def test_parsing_and_formatting_gives_the_same_text(text: str) -> None:
    try:
        date = PartialDate.parse(text)
    except ValueError:
        return
    assert str(date) == text


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("2024", datetime.date(2024, 1, 1), "year"),
        ("2024-02", datetime.date(2024, 2, 1), "month"),
        ("2024-02-29", datetime.date(2024, 2, 29), "day"),
        ("0001", datetime.date(1, 1, 1), "year"),
        ("2024-01-01", datetime.date(2024, 1, 1), "day"),
    ],
)
def test_the_day_is_the_first_day_of_the_period(
    text: str, day: datetime.date, precision: str
) -> None:
    assert PartialDate.parse(text) == PartialDate(day, precision)


@pytest.mark.parametrize("text", ["2023-02-29", "2024-13", "2024-00", "2024-01-00", "0000"])
def test_a_date_outside_the_calendar_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=f"'{text}' is not a calendar date"):
        PartialDate.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "02024",
        "-2024",
        "2024-",
        "2024-1",
        "2024-1-1",
        "20240101",
        "2024/01/01",
        "01.01.2024",
        "2024-01-01T00:00:00",
        " 2024",
        "2024\n",
        "\uff12\uff10\uff12\uff14",  # digits outside ASCII
        "last year",
    ],
)
def test_another_format_is_an_error_that_lists_the_formats(text: str) -> None:
    with pytest.raises(ValueError, match="write YYYY, YYYY-MM or YYYY-MM-DD"):
        PartialDate.parse(text)


def test_an_error_quotes_only_the_beginning_of_a_long_text() -> None:
    with pytest.raises(ValueError, match="is not a date") as error:
        PartialDate.parse("9" * 100_000)
    assert len(str(error.value)) < 200


def test_an_unknown_date_is_an_empty_text() -> None:
    assert str(PartialDate.UNKNOWN) == ""
    assert PartialDate(None, "unknown") == PartialDate.UNKNOWN


def test_dates_of_different_precision_differ() -> None:
    assert PartialDate.parse("2024") != PartialDate.parse("2024-01-01")
