"""What the database itself refuses of sources, by whatever way it is written."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from claimsapi.core.models import Record
from sources.models import Snapshot
from tests.database_rules import insert, overwrite, proves, refused, remove, replace, unproven
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

Make = Callable[..., Record]
Row = tuple[str, Make, dict[str, Any], dict[str, Any]]


def announced(**values: Any) -> Snapshot:
    """A snapshot whose text is not held here."""
    return SnapshotFactory(**{"text": None, "length": len(TEXT), "size": 100, **values})


def filled(text: str = TEXT, **values: Any) -> dict[str, Any]:
    """The columns of a snapshot that receives its text."""
    return {
        "text": text,
        "length": len(text),
        "size": len(text.encode()),
        "retrieved_at": timezone.now(),
        **values,
    }


def precision_rows(rule: str, make: Make, field: str) -> list[Row]:
    """Dates as precise as they say, and such that are not."""
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
    # A word that is no precision fits no date either, so either constraint may be the first.
    known = f"{rule}_{field}_precision_known"
    return [
        *rows,
        (
            f"{known} {fits}",
            make,
            {precision: "decade", date: YEAR},
            {precision: "year", date: YEAR},
        ),
    ]


# The rule, what the row is at first, what may not be written to it, and what may.
ROWS: list[Row] = [
    ("sources_publisher_name_not_blank", PublisherFactory, {"name": ""}, {"name": "x"}),
    *(
        ("sources_publisher_site_bare", PublisherFactory, {"site": site}, {"site": "a.example"})
        for site in ("www.a.example", "A.example", "a.example/b", "localhost", "")
    ),
    ("sources_speaker_name_not_blank", SpeakerFactory, {"name": ""}, {"name": "x"}),
    ("sources_speaker_kind_known", SpeakerFactory, {"kind": "robot"}, {"kind": "anonymous"}),
    ("sources_speaker_kind_known", SpeakerFactory, {"kind": ""}, {"kind": "organization"}),
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
    ("sources_document_kind_known", DocumentFactory, {"kind": "rumour"}, {"kind": "speech"}),
    *precision_rows("sources_document", DocumentFactory, "published"),
    *(
        ("sources_snapshot_text_complete", announced, bad, filled())
        for bad in (
            filled(retrieved_at=None),
            filled(size=None),
            {"retrieved_at": timezone.now()},
            filled(TEXT + "!", length=len(TEXT)),
        )
    ),
    (
        "sources_snapshot_text_complete",  # characters are code points: 🛳 is one
        lambda: announced(length=None),
        filled(EMOJI, length=len(EMOJI.encode("utf-16-le")) // 2),
        filled(EMOJI, length=len(EMOJI)),
    ),
    (
        "sources_snapshot_text_complete",
        lambda: announced(length=None),
        filled("", length=0),
        filled(" "),
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_what_breaks_a_rule_is_refused_and_its_neighbour_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    record = make()
    with refused(*rules.split()):
        overwrite(record, **bad)
    overwrite(record, **good)


proves(*" ".join(rules for rules, *_rest in ROWS).split())

UNIQUE: list[tuple[str, Make, str, Any]] = [
    ("sources_publisher_slug_unique", PublisherFactory, "slug", "another"),
    ("sources_publisher_site_unique", PublisherFactory, "site", "another.example"),
    ("sources_speaker_slug_unique", SpeakerFactory, "slug", "another"),
    ("sources_document_url_unique", DocumentFactory, "url", "https://another.example/"),
]


@pytest.mark.parametrize(("rule", "make", "field", "another"), UNIQUE)
def test_what_names_a_record_names_no_second_one(
    rule: str, make: Make, field: str, another: Any
) -> None:
    first, second = make(), make()
    with refused(rule):
        overwrite(second, **{field: getattr(first, field)})
    overwrite(second, **{field: another})


proves(*(rule for rule, *_rest in UNIQUE))


def test_documents_without_an_address_are_many() -> None:
    DocumentFactory(url=None)
    overwrite(DocumentFactory(), url=None)


@proves("sources_identifier_identity_update", "sources_identifier_url_unique")
def test_an_identifier_means_one_speaker_and_stays_with_it() -> None:
    identifier, other = IdentifierFactory(), IdentifierFactory()
    with refused("sources_identifier_identity_update"):
        overwrite(identifier, speaker=other.speaker)
    with refused("sources_identifier_url_unique"):
        overwrite(identifier, url=other.url)
    overwrite(identifier, url="https://register.example/x")


@proves("sources_affiliation_identity_update")
def test_a_role_stays_with_its_speaker() -> None:
    role = AffiliationFactory()
    with refused("sources_affiliation_identity_update"):
        overwrite(role, speaker=SpeakerFactory())
    overwrite(role, role="Harbour master", speaker=role.speaker)


@pytest.mark.parametrize(
    ("end", "precision"),
    [(YEAR, "year"), (MONTH, "month"), (DAY, "day"), (datetime.date(2025, 1, 1), "year")],
)
def test_a_role_may_end_in_the_period_in_which_it_began(end: datetime.date, precision: str) -> None:
    """The first day of the period may be before the day of the start, its last is not."""
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
def test_a_role_does_not_end_in_a_period_before_its_start(
    end: datetime.date, precision: str
) -> None:
    role = AffiliationFactory(start_on=DAY, start_precision="day")
    with refused("sources_affiliation_in_order"):
        overwrite(role, end_on=end, end_precision=precision)


@proves("sources_snapshot_once_per_document")
def test_a_document_has_one_snapshot_of_the_same_bytes() -> None:
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


def test_a_hash_ends_with_its_digits() -> None:
    """PostgreSQL refuses this by the column's length; SQLite knows no lengths."""
    snapshot = SnapshotFactory()
    with pytest.raises(Exception, match=r"sha256_hexadecimal|value too long"):
        insert(snapshot, sha256="a" * 64 + "\n")


def test_a_text_that_is_held_says_its_length() -> None:
    snapshot = announced(length=None)
    with refused("sources_snapshot_text_complete"):
        overwrite(snapshot, **filled(length=None))


FROZEN = {
    "text": TEXT.replace("late", "soon"),
    "media_type": "text/html",
    "size": 1,
    "retrieved_at": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
}


@pytest.mark.parametrize("column", FROZEN)
@proves("sources_snapshot_frozen_update")
def test_a_snapshot_whose_text_is_held_is_frozen(column: str) -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update"):
        overwrite(snapshot, **{column: FROZEN[column]})
    overwrite(snapshot, **{column: getattr(snapshot, column)})  # the same again is no change


def test_a_text_that_is_held_is_not_taken_away() -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update"):
        overwrite(snapshot, text=None, retrieved_at=None)


def test_a_text_that_is_held_does_not_grow() -> None:
    snapshot = SnapshotFactory()
    with refused("sources_snapshot_frozen_update", "sources_snapshot_as_announced_update"):
        overwrite(snapshot, text=TEXT + "!", length=len(TEXT) + 1)


@pytest.mark.parametrize("make", [SnapshotFactory, announced])
@pytest.mark.parametrize("column", ["sha256", "document"])
@proves("sources_snapshot_identity_update")
def test_a_snapshot_names_the_same_bytes_for_ever(make: Make, column: str) -> None:
    snapshot = make()
    other = {"sha256": "b" * 64, "document": DocumentFactory()}
    with refused("sources_snapshot_identity_update"):
        overwrite(snapshot, **{column: other[column]})


@proves("sources_snapshot_as_announced_update")
def test_a_text_has_the_length_that_was_announced() -> None:
    snapshot = announced()
    with refused("sources_snapshot_as_announced_update"):
        overwrite(snapshot, **filled(TEXT + "!"))
    with refused("sources_snapshot_as_announced_update"):
        overwrite(snapshot, length=None)
    overwrite(snapshot, **filled(TEXT))


def test_a_length_may_be_announced_later() -> None:
    overwrite(announced(length=None), length=len(TEXT))


def test_a_text_is_received_once() -> None:
    snapshot = announced(length=None)
    overwrite(snapshot, **filled(TEXT))
    with refused("sources_snapshot_frozen_update", "sources_snapshot_as_announced_update"):
        overwrite(snapshot, **filled("Something else."))
    snapshot.refresh_from_db()
    assert snapshot.text == TEXT


def test_what_awaits_its_text_may_still_be_described() -> None:
    overwrite(announced(), media_type="application/pdf", size=4_000)


@pytest.mark.parametrize("make", [SnapshotFactory, announced])
@proves("sources_snapshot_not_replaced_insert")
def test_a_snapshot_is_not_replaced_by_an_insert(make: Make) -> None:
    snapshot = make()
    with refused("sources_snapshot_not_replaced_insert"):
        replace(snapshot, sha256="b" * 64)
    with refused("sources_snapshot_not_replaced_insert"):
        replace(snapshot, **filled(TEXT.replace("late", "soon")))
    before = snapshot.text
    snapshot.refresh_from_db()
    assert snapshot.text == before


def test_a_snapshot_that_nothing_quotes_may_be_removed() -> None:
    remove(SnapshotFactory())


def test_every_rule_of_the_sources_is_proven() -> None:
    assert unproven("sources") == set()
