"""Rules of publishers, speakers, documents and snapshots that the database enforces."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from sources.models import Snapshot
from tests.database_rules import (
    Case,
    Make,
    UniqueCase,
    assert_refused,
    assert_unique,
    insert,
    overwrite,
    proves,
    refused,
    remove,
    replace,
    rules_in,
    unproven,
)
from tests.factories import (
    TEXT,
    AffiliationFactory,
    DocumentFactory,
    IdentifierFactory,
    PublisherFactory,
    SnapshotFactory,
    SpeakerFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date(2024, 5, 17)
MONTH = datetime.date(2024, 5, 1)
YEAR = datetime.date(2024, 1, 1)
EMOJI = "🛳 “quoted”\n"


def announced_snapshot(**values: Any) -> Snapshot:
    """A snapshot without its text."""
    return SnapshotFactory(**{"text": None, "length": len(TEXT), "size": 100, **values})


def text_columns(text: str = TEXT, **values: Any) -> dict[str, Any]:
    """The columns of a snapshot with a text."""
    return {
        "text": text,
        "length": len(text),
        "size": len(text.encode()),
        "retrieved_at": timezone.now(),
        **values,
    }


def precision_rows(rule: str, make: Make, field: str) -> list[Case]:
    """Dates that fit their precision, and dates that do not."""
    date, precision = f"{field}_on", f"{field}_precision"
    fits = f"{rule}_{field}_precision_fits"
    good = [(DAY, "day"), (MONTH, "month"), (YEAR, "year"), (None, "unknown")]
    bad = [
        (DAY, "month"),
        (DAY, "year"),
        (MONTH, "year"),
        (DAY, "unknown"),
        (None, "day"),
        (None, "month"),
        (None, "year"),
    ]
    rows = [
        (fits, make, {date: d, precision: p}, {date: good[i % 4][0], precision: good[i % 4][1]})
        for i, (d, p) in enumerate(bad)
    ]
    # An invalid precision fits no date either, so either constraint can refuse it first.
    valid_precision = f"{rule}_{field}_precision_valid"
    return [
        *rows,
        (
            f"{valid_precision} {fits}",
            make,
            {precision: "decade", date: YEAR},
            {precision: "year", date: YEAR},
        ),
    ]


# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("sources_publisher_name_not_blank", PublisherFactory, {"name": ""}, {"name": "x"}),
    *(
        (
            "sources_publisher_site_canonical",
            PublisherFactory,
            {"site": site},
            {"site": "a.example"},
        )
        for site in ("www.a.example", "A.example", "a.example/b", "localhost", "")
    ),
    ("sources_speaker_name_not_blank", SpeakerFactory, {"name": ""}, {"name": "x"}),
    ("sources_speaker_kind_valid", SpeakerFactory, {"kind": "robot"}, {"kind": "anonymous"}),
    ("sources_speaker_kind_valid", SpeakerFactory, {"kind": ""}, {"kind": "organization"}),
    ("sources_affiliation_role_not_blank", AffiliationFactory, {"role": ""}, {"role": "x"}),
    (
        "sources_identifier_url_not_blank",
        IdentifierFactory,
        {"url": ""},
        {"url": "https://register.example/x"},
    ),
    *precision_rows("sources_affiliation", AffiliationFactory, "start"),
    *precision_rows("sources_affiliation", AffiliationFactory, "end"),
    (
        "sources_affiliation_in_order",
        lambda: AffiliationFactory(start_on=DAY, start_precision="day"),
        {"end_on": DAY - datetime.timedelta(1), "end_precision": "day"},
        {"end_on": DAY, "end_precision": "day"},
    ),
    ("sources_document_title_not_blank", DocumentFactory, {"title": ""}, {"title": "x"}),
    ("sources_document_url_not_blank", DocumentFactory, {"url": ""}, {"url": None}),
    ("sources_document_kind_valid", DocumentFactory, {"kind": "rumour"}, {"kind": "speech"}),
    *precision_rows("sources_document", DocumentFactory, "published"),
    *(
        ("sources_snapshot_text_complete", announced_snapshot, bad, text_columns())
        for bad in (
            text_columns(retrieved_at=None),
            text_columns(size=None),
            {"retrieved_at": timezone.now()},
            text_columns(TEXT + "!", length=len(TEXT)),
        )
    ),
    (
        "sources_snapshot_text_complete",  # characters are code points: 🛳 is one
        lambda: announced_snapshot(length=None),
        text_columns(EMOJI, length=len(EMOJI.encode("utf-16-le")) // 2),
        text_columns(EMOJI, length=len(EMOJI)),
    ),
    (
        "sources_snapshot_text_complete",
        lambda: announced_snapshot(length=None),
        text_columns("", length=0),
        text_columns(" "),
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))

UNIQUE: list[UniqueCase] = [
    ("sources_publisher_slug_unique", PublisherFactory, "slug", "another"),
    ("sources_publisher_site_unique", PublisherFactory, "site", "another.example"),
    ("sources_speaker_slug_unique", SpeakerFactory, "slug", "another"),
    ("sources_document_url_unique", DocumentFactory, "url", "https://another.example/"),
]


@pytest.mark.parametrize(("rule", "make", "field", "another"), UNIQUE)
def test_a_unique_column_has_each_value_once(
    rule: str, make: Make, field: str, another: Any
) -> None:
    assert_unique(rule, make, field, another)


proves(*rules_in(UNIQUE))


def test_several_documents_can_have_no_url() -> None:
    DocumentFactory(url=None)
    overwrite(DocumentFactory(), url=None)


@proves("sources_identifier_identity_update", "sources_identifier_url_unique")
def test_an_identifier_belongs_to_one_speaker_and_keeps_it() -> None:
    identifier, other = IdentifierFactory(), IdentifierFactory()
    with refused("sources_identifier_identity_update"):
        overwrite(identifier, speaker=other.speaker)
    with refused("sources_identifier_url_unique"):
        overwrite(identifier, url=other.url)
    overwrite(identifier, url="https://register.example/x")


@proves("sources_affiliation_identity_update")
def test_a_role_keeps_its_speaker() -> None:
    role = AffiliationFactory()
    with refused("sources_affiliation_identity_update"):
        overwrite(role, speaker=SpeakerFactory())
    overwrite(role, role="Harbour master", speaker=role.speaker)


@pytest.mark.parametrize(
    ("end", "precision"),
    [(YEAR, "year"), (MONTH, "month"), (DAY, "day"), (datetime.date(2025, 1, 1), "year")],
)
def test_a_role_can_end_in_the_period_of_its_start(end: datetime.date, precision: str) -> None:
    """The first day of the period can be before the start; its last day is not."""
    role = AffiliationFactory(start_on=DAY, start_precision="day")
    overwrite(role, end_on=end, end_precision=precision)


@pytest.mark.parametrize(
    ("end", "precision"),
    [
        (datetime.date(2023, 1, 1), "year"),
        (datetime.date(2024, 4, 1), "month"),
        (datetime.date(2023, 5, 1), "month"),
        (YEAR, "month"),
        (YEAR, "day"),
    ],
)
def test_a_role_cannot_end_in_a_period_before_its_start(end: datetime.date, precision: str) -> None:
    role = AffiliationFactory(start_on=DAY, start_precision="day")
    with refused("sources_affiliation_in_order"):
        overwrite(role, end_on=end, end_precision=precision)


@proves("sources_snapshot_once_per_document")
def test_a_document_has_one_snapshot_per_hash() -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_once_per_document", "sources_snapshot_not_replaced_insert"):
        insert(snapshot)
    insert(snapshot, document=DocumentFactory())


@pytest.mark.parametrize(
    "sha256", ["", "a" * 63, "a" * 63 + "g", "A" * 64, " " + "a" * 63, "sha256:" + "a" * 57]
)
@proves("sources_snapshot_sha256_hexadecimal")
def test_a_hash_is_64_hexadecimal_digits(sha256: str) -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_sha256_hexadecimal"):
        insert(snapshot, sha256=sha256)
    insert(snapshot, sha256="0123456789abcdef" * 4)


def test_a_hash_has_no_trailing_newline() -> None:
    """PostgreSQL refuses it by the column's length; SQLite ignores lengths."""
    snapshot = SnapshotFactory()
    with pytest.raises(Exception, match=r"sha256_hexadecimal|value too long"):
        insert(snapshot, sha256="a" * 64 + "\n")


def test_a_text_needs_its_length() -> None:
    snapshot = announced_snapshot(length=None)
    with refused("sources_snapshot_text_complete"):
        overwrite(snapshot, **text_columns(length=None))


FROZEN = {
    "text": TEXT.replace("late", "soon"),
    "media_type": "text/html",
    "size": 1,
    "retrieved_at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
}


@pytest.mark.parametrize("column", FROZEN)
@proves("sources_snapshot_frozen_update")
def test_a_snapshot_with_a_text_is_frozen(column: str) -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update"):
        overwrite(snapshot, **{column: FROZEN[column]})
    overwrite(snapshot, **{column: getattr(snapshot, column)})  # equal values are no change


def test_a_text_cannot_be_removed() -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update"):
        overwrite(snapshot, text=None, retrieved_at=None)


def test_a_text_cannot_be_replaced() -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update", "sources_snapshot_matches_hash_update"):
        overwrite(snapshot, text=TEXT + "!", length=len(TEXT) + 1)


@pytest.mark.parametrize("make", [SnapshotFactory, announced_snapshot])
@pytest.mark.parametrize("column", ["sha256", "document"])
@proves("sources_snapshot_identity_update")
def test_a_snapshot_keeps_its_document_and_hash(make: Make, column: str) -> None:
    snapshot = make()
    other = {"sha256": "b" * 64, "document": DocumentFactory()}
    with refused("sources_snapshot_identity_update"):
        overwrite(snapshot, **{column: other[column]})


@proves("sources_snapshot_matches_hash_update")
def test_a_text_has_the_announced_length() -> None:
    snapshot = announced_snapshot()
    with refused("sources_snapshot_matches_hash_update"):
        overwrite(snapshot, **text_columns(TEXT + "!"))
    with refused("sources_snapshot_matches_hash_update"):
        overwrite(snapshot, length=None)
    overwrite(snapshot, **text_columns(TEXT))


def test_a_length_can_be_announced_later() -> None:
    overwrite(announced_snapshot(length=None), length=len(TEXT))


def test_a_snapshot_receives_its_text_once() -> None:
    snapshot = announced_snapshot(length=None)
    overwrite(snapshot, **text_columns(TEXT))
    with refused("sources_snapshot_frozen_update", "sources_snapshot_matches_hash_update"):
        overwrite(snapshot, **text_columns("Something else."))
    snapshot.refresh_from_db()
    assert snapshot.text == TEXT


def test_a_snapshot_without_text_can_change_its_type_and_size() -> None:
    overwrite(announced_snapshot(), media_type="application/pdf", size=4_000)


@pytest.mark.parametrize("make", [SnapshotFactory, announced_snapshot])
@proves("sources_snapshot_not_replaced_insert")
def test_an_insert_cannot_replace_a_snapshot(make: Make) -> None:
    snapshot = make()
    with refused("sources_snapshot_not_replaced_insert"):
        replace(snapshot, sha256="b" * 64)
    with refused("sources_snapshot_not_replaced_insert"):
        replace(snapshot, **text_columns(TEXT.replace("late", "soon")))
    before = snapshot.text
    snapshot.refresh_from_db()
    assert snapshot.text == before


def test_a_snapshot_without_passages_can_be_deleted() -> None:
    remove(SnapshotFactory())


def test_every_rule_of_the_sources_is_proven() -> None:
    assert unproven("sources") == set()
