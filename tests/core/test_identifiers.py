"""Public identifiers."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claimsapi.core.identifiers import stable_uuid7, uuid7

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = datetime(2026, 11, 23, 3, 51, 7, 289_000, tzinfo=UTC)
# Times between 1970 and 2970: 48 bits of milliseconds and datetime both cover this range.
milliseconds = st.integers(0, 10**12 * 31)


def milliseconds_of(identifier: object) -> int:
    return int(identifier.int) >> 80  # type: ignore[attr-defined]


def test_identifiers_sort_by_creation() -> None:
    identifiers = [uuid7() for _ in range(5_000)]
    assert identifiers == sorted(identifiers)
    assert len(set(identifiers)) == len(identifiers)


def test_identifiers_as_strings_sort_by_creation() -> None:
    identifiers = [str(uuid7()) for _ in range(500)]
    assert identifiers == sorted(identifiers)


def test_identifiers_are_version_7_uuids() -> None:
    assert (uuid7().version, uuid7().variant) == (7, RFC_4122)


def test_the_same_names_give_the_same_identifier_on_every_installation() -> None:
    identifier = stable_uuid7("case-1", "claim", "ferries", moment=MOMENT)
    # A literal value: a change of the derivation would duplicate every seeded record.
    assert str(identifier) == "01a20687-6919-7f36-9ea3-7a13a62c5f62"


@pytest.mark.parametrize(
    "names",
    [("b", "a"), ("ab",), ("a",), ("a", "b", ""), ("", "a", "b"), ("a", "ß")],
)
def test_other_names_give_another_identifier(names: tuple[str, ...]) -> None:
    assert stable_uuid7(*names, moment=MOMENT) != stable_uuid7("a", "b", moment=MOMENT)


@given(st.lists(st.text(), max_size=4), milliseconds)
def test_stable_identifiers_are_version_7_uuids(names: list[str], timestamp: int) -> None:
    try:
        identifier = stable_uuid7(*names, moment=EPOCH + timedelta(milliseconds=timestamp))
    except UnicodeEncodeError:
        return  # a lone surrogate has no UTF-8 form
    assert (identifier.version, identifier.variant) == (7, RFC_4122)


@given(milliseconds)
@example(1001)  # 1.001 * 1000 is 1000.9999999999999
def test_stable_identifiers_contain_the_milliseconds_of_their_time(timestamp: int) -> None:
    identifier = stable_uuid7("a", moment=EPOCH + timedelta(milliseconds=timestamp))
    assert milliseconds_of(identifier) == timestamp


@given(milliseconds, st.integers(1, 10**9))
def test_stable_identifiers_sort_by_their_times(timestamp: int, later: int) -> None:
    first = EPOCH + timedelta(milliseconds=timestamp)
    second = first + timedelta(milliseconds=later)
    assert stable_uuid7("z", moment=first) < stable_uuid7("a", moment=second)


def test_the_time_zone_of_the_time_does_not_matter() -> None:
    in_another_zone = MOMENT.astimezone(datetime.strptime("+0530", "%z").tzinfo)
    assert stable_uuid7("a", moment=in_another_zone) == stable_uuid7("a", moment=MOMENT)
