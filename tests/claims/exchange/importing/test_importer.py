"""Importer: new, unchanged and changed reviews, failing rows, and rejected publishers."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from claims.choices import ReviewOrigin, VersionState
from claims.exchange.importing.rows import Outcome
from claims.exchange.importing.service import get_import_author
from claims.models import (
    Claim,
    Correction,
    Evidence,
    Rating,
    RatingScale,
    Review,
    ReviewVersion,
    Statement,
)
from claims.services.reviews import prepare_next_version
from claimsapi.core.errors import Conflict
from claimsapi.core.ledger.models import Entry, Leaf, Pending
from sources.models import Publisher, Speaker
from tests import factories as make
from tests.claims.exchange.claimreview.corpus import plain
from tests.claims.exchange.importing.imports import (
    FULL_REVIEW,
    count_records,
    get_outcomes,
    import_objects,
    start_import,
)

pytestmark = pytest.mark.django_db


def test_an_import_stores_all_properties_of_a_review() -> None:
    [row] = import_objects(FULL_REVIEW)
    assert row.outcome == Outcome.CREATED
    review = Review.objects.get(public_id=row.review)
    [version] = review.versions.all()
    assert (review.origin, review.identifier) == ("imported", "https://checker.example/1")
    assert review.publisher.site == "checker.example"
    assert (version.state, version.number, version.editor) == ("published", 1, None)
    assert version.headline == "Most ferries are on time"
    assert version.summary == "One month only."
    assert version.body == "The log.\n\nIt shows it."
    assert str(version.published_at.date()) == "2024-05-03"
    assert version.author.handle == "import"
    assert version.rating.scale.origin == ReviewOrigin.IMPORTED
    claim = review.claim
    assert (claim.text, claim.status, claim.kind) == ("Ferries are late", "reviewed", "")
    assert {topic.name for topic in claim.topics.all()} == {"Ports", "ferries"}
    statements = list(claim.statements.order_by("pk"))
    assert [s.document.url for s in statements] == [
        "https://news.example/1",
        "https://news.example/2",
    ]
    assert {s.speaker.name for s in statements} == {"Ada Quill"}
    assert {s.affiliation.role for s in statements} == {"Mayor"}
    assert {str(s.stated_date) for s in statements} == {"2024-04"}
    [evidence] = version.evidence.all()
    assert (evidence.document.title, evidence.exact, evidence.note) == (
        "The log",
        "78 %",
        "The year.",
    )
    assert claim in Claim.objects.public()
    for model in (Claim, Statement, Review, ReviewVersion, Evidence, Rating, RatingScale, Speaker):
        for record in model._default_manager.all():
            record.full_clean()


def test_a_second_import_of_the_same_feed_changes_nothing() -> None:
    reviews = [
        FULL_REVIEW,
        plain(url="https://checker.example/2"),
        plain(url="https://other.example/1"),
    ]
    assert get_outcomes(*reviews) == ["created"] * 3
    before = count_records()
    assert get_outcomes(*reviews) == ["same"] * 3
    assert get_outcomes(*reversed(reviews)) == ["same"] * 3
    # Another spelling of the same content is no change.
    assert get_outcomes(
        {**FULL_REVIEW, "@type": ["http://schema.org/ClaimReview"], "datePublished": "May 3, 2024"}
    ) == ["same"]
    assert count_records() == before


def test_a_changed_review_gets_a_new_version_with_a_correction_note() -> None:
    import_objects(FULL_REVIEW)
    changed = {**FULL_REVIEW, "reviewRating": {"alternateName": "False"}, "reviewBody": "Another."}
    [row] = import_objects(changed)
    assert row.outcome == Outcome.UPDATED
    first, second = ReviewVersion.objects.order_by("number")
    assert (first.state, second.state) == (VersionState.SUPERSEDED, VersionState.PUBLISHED)
    assert first.closed_at is not None
    assert second.correction_kind == "update"
    assert second.correction_note == (
        "The publisher changed its review: the rating or its explanation, the reasoning; "
        "the rating changed from “Mostly false” to “False”."
    )
    assert second.evidence.count() == 1
    assert Correction.objects.get().after == second
    assert get_outcomes(changed) == ["same"]
    assert Claim.objects.count() == 1
    assert Statement.objects.count() == 2


def test_a_retracted_review_is_not_imported_again() -> None:
    import_objects(plain())
    version = ReviewVersion.objects.get()
    editor = make.UserFactory(role="editor")
    make.move(version, make.workflow.RETRACT, editor, "We do not trust them.")
    [row] = import_objects(plain(reviewBody="Other."))
    assert row.outcome == Outcome.SAME
    assert row.notes
    assert ReviewVersion.objects.count() == 1


def test_the_desk_cannot_edit_an_imported_review() -> None:
    import_objects(plain())
    with pytest.raises(Conflict, match="in the same way"):
        prepare_next_version(review=Review.objects.get(), author=make.UserFactory(), kind="update")


def test_a_failing_row_does_not_stop_the_other_rows() -> None:
    reviews = [
        plain(url=f"https://checker.example/{n}", claimReviewed=f"Ferry {n} is late")
        for n in range(6)
    ]
    reviews[2]["claimReviewed"] = "REFUSED"
    reviews[4]["reviewRating"] = None
    with connection.cursor() as cursor:  # a rule that only the database checks
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON claims_claim WHEN NEW.text = 'REFUSED'"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
        else:
            cursor.execute(
                "ALTER TABLE claims_claim ADD CONSTRAINT refuse CHECK (text <> 'REFUSED')"
            )
    rows = import_objects(*reviews)
    assert [str(row.outcome) for row in rows] == [
        *("created", "created", "rejected", "created", "rejected", "created")
    ]
    assert all(row.reason for row in rows if row.outcome == Outcome.REJECTED)
    assert Review.objects.count() == Claim.objects.count() == 4
    assert Publisher.objects.count() == RatingScale.objects.count() == 1


def test_a_dry_run_reports_the_same_outcomes_and_writes_nothing() -> None:
    reviews = [
        FULL_REVIEW,
        FULL_REVIEW,
        plain(url="https://other.example/1"),
        plain(reviewRating=None),
    ]
    get_import_author()
    before = count_records()
    preview = [row.outcome for row in import_objects(*reviews, dry_run=True)]
    assert count_records() == before
    assert preview == [row.outcome for row in import_objects(*reviews)]


def test_ledger_entries_name_the_import_and_its_file() -> None:
    import_objects(FULL_REVIEW)
    entries = Entry.objects.filter(kind="claims.reviewversion")
    assert {(entry.action, entry.reason) for entry in entries} == {("import", "feed.json")}


def test_each_batch_sequences_its_ledger_entries() -> None:
    reviews = [plain(url=f"https://checker.example/{n}") for n in range(60)]
    rows = start_import(*reviews)
    for _ in range(21):  # the first batch has 20 rows
        next(rows)
    assert not Pending.objects.exists()
    assert Leaf.objects.count() == Entry.objects.count() > 60


def test_an_interrupted_import_continues_where_it_stopped() -> None:
    reviews = [plain(url=f"https://checker.example/{n}") for n in range(200)]
    rows = start_import(*reviews)
    for _ in range(21):
        next(rows)
    rows.close()
    assert 20 < Review.objects.count() < 100
    counts = Counter(get_outcomes(*reviews))
    assert counts["same"] + counts["created"] == 200
    assert Review.objects.count() == 200


def test_an_updated_review_is_in_the_list_of_changes(client: Any) -> None:
    import_objects(FULL_REVIEW)
    before = Review.objects.get()
    import_objects({**FULL_REVIEW, "reviewBody": "Another."})
    since = {"updated_at__gte": (before.updated_at + timedelta(microseconds=1)).isoformat()}
    [result] = client.get("/api/v1/reviews/", since).json()["results"]
    assert result["id"] == str(before.public_id)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/reviews/not-ours/", "https://harbour.example/archive/1"]
)
def test_a_feed_cannot_publish_in_the_name_of_this_desk(url: str) -> None:
    make.published_version(review__publisher__site="harbour.example")
    author = {"name": "X", "url": "https://harbour.example/"}
    [row] = import_objects(plain(url=url, author=author))
    assert row.outcome == Outcome.REJECTED
    assert row.reason.startswith("url: ")


def test_the_archive_option_accepts_a_publishers_own_reviews() -> None:
    make.published_version(review__publisher__site="harbour.example")
    [row] = start_import(plain(url="https://harbour.example/archive/1"), archive=True)
    assert row.outcome == Outcome.CREATED
    assert Review.objects.filter(publisher__site="harbour.example").count() == 2


@pytest.mark.parametrize(
    ("url", "page", "outcome"),
    [
        ("https://checker.example/1", "https://evil.example/a", "rejected"),
        ("https://checker.example/1", "https://www.checker.example/1", "created"),
        ("https://m.checker.example/1", "https://checker.example/1", "created"),
        ("https://nochecker.example/1", "https://checker.example/1", "rejected"),
    ],
)
def test_a_page_can_only_publish_for_its_own_site(url: str, page: str, outcome: str) -> None:
    [row] = start_import(plain(url=url), base=page)
    assert row.outcome == outcome


def test_a_review_on_a_shared_platform_is_rejected() -> None:
    url = "https://m.facebook.com/alpha/1"
    [row] = import_objects(plain(url=url, author={"name": "Alpha"}))
    assert (row.outcome, row.report()["identifier"]) == ("rejected", url)
    assert "m.facebook.com is a platform" in row.reason


def test_an_identifier_too_long_for_the_index_is_rejected() -> None:
    long = plain(url=None, identifier="\u6d77" * 2000)
    assert get_outcomes(plain(), long, plain(url="https://checker.example/2")) == [
        "created",
        "rejected",
        "created",
    ]


def test_a_reason_contains_no_terminal_control_characters() -> None:
    [row] = import_objects({"@type": "\x1b]0;x\x07News"})
    assert "News" in row.reason
    assert "\x1b" not in row.reason
