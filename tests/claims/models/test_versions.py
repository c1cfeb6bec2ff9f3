"""Rules of review versions that the database enforces."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from claims.choices import VersionState
from claims.models import ReviewVersion
from tests.claims.models.cases import EARLIER, MAKERS, NOT_DRAFT, columns_of_state, next_version
from tests.database_rules import (
    Case,
    Make,
    assert_refused,
    insert,
    overwrite,
    proves,
    refused,
    remove,
    replace,
    rules_in,
)
from tests.factories import (
    EvidenceFactory,
    PublisherFactory,
    RatingFactory,
    ReviewFactory,
    ReviewVersionFactory,
    UserFactory,
    published_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    (
        "claims_reviewversion_two_people",
        lambda: submitted_version(author=UserFactory(pk=901, role="researcher")),
        {"state": "published", "published_at": EARLIER, "editor_id": 901},
        {"return_reason": "Not yet."},
    ),
    (
        "claims_reviewversion_correction_valid claims_reviewversion_correction_from_second",
        lambda: ReviewVersionFactory(number=2),
        {"correction_kind": "typo"},
        {"correction_kind": "update"},
    ),
    *(
        ("claims_reviewversion_correction_from_second", ReviewVersionFactory, bad, {"number": 2})
        for bad in (
            {"correction_kind": "update"},
            {"correction_note": "We were wrong."},
            {"number": 0},
        )
    ),
    *(
        (
            "claims_reviewversion_correction_from_second",
            lambda: ReviewVersionFactory(number=2),
            {"state": "submitted", "submitted_at": EARLIER, **bad},
            {
                "state": "submitted",
                "submitted_at": EARLIER,
                "correction_kind": "update",
                "correction_note": "We were wrong.",
            },
        )
        for bad in ({}, {"correction_kind": "update"}, {"correction_note": "We were wrong."})
    ),
    (
        "claims_reviewversion_submitted_has_time",
        ReviewVersionFactory,
        {"state": "submitted"},
        {"state": "submitted", "submitted_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        published_version,
        {"state": "superseded"},
        {"state": "superseded", "closed_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        published_version,
        {"closed_at": EARLIER},
        {"state": "superseded", "closed_at": EARLIER},
    ),
    (
        "claims_reviewversion_closed_has_time",
        ReviewVersionFactory,
        {"closed_at": EARLIER},
        {"headline": "x"},
    ),
    (
        "claims_reviewversion_retraction_has_note",
        published_version,
        {"state": "retracted", "closed_at": EARLIER},
        {"state": "retracted", "closed_at": EARLIER, "retraction_note": "Another ferry."},
    ),
    *(
        (
            "claims_reviewversion_retraction_has_note",
            make,
            {"retraction_note": "x"},
            {"revision": 9},
        )
        for make in (ReviewVersionFactory, submitted_version)
    ),
    (
        "claims_reviewversion_state_valid",
        ReviewVersionFactory,
        {"state": "lost"},
        {"state": "draft"},
    ),
]
# A row that breaks one of these rules breaks others too, and either can be the first to refuse it.
ALSO = {
    "claims_reviewversion_state_valid": (
        "claims_reviewversion_transition_update",
        "claims_reviewversion_published_complete",
    ),
}


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good, also=ALSO.get(rules, ()))


proves(*rules_in(ROWS))


@proves("claims_reviewversion_numbered_once", "claims_reviewversion_one_open")
def test_a_review_has_each_version_number_once() -> None:
    published = published_version()
    draft = next_version(published)
    with refused("claims_reviewversion_numbered_once"):
        overwrite(draft, number=1, correction_kind="", correction_note="")
    overwrite(draft, number=3)


@proves("claims_reviewversion_own_rating_insert", "claims_reviewversion_own_rating_update")
def test_a_rating_belongs_to_the_publisher_of_the_review_or_to_none() -> None:
    draft: Any = ReviewVersionFactory()
    own = RatingFactory(scale__publisher=draft.review.publisher)
    foreign = RatingFactory(scale__publisher=PublisherFactory())
    with refused("claims_reviewversion_own_rating_update"):
        overwrite(draft, rating=foreign)
    with refused("claims_reviewversion_own_rating_insert"):
        insert(draft, review=ReviewFactory(), rating=foreign)
    draft.rating = foreign
    with pytest.raises(ValidationError, match="belongs to another publisher"):
        draft.clean()
    for fitting in (own, RatingFactory(), None):
        overwrite(draft, rating=fitting)
    overwrite(draft, rating=own)
    draft.refresh_from_db()
    draft.clean()
    insert(draft, review=ReviewFactory(publisher=draft.review.publisher))


def test_a_draft_cannot_be_submitted_with_the_rating_of_a_former_publisher() -> None:
    draft = ReviewVersionFactory()
    overwrite(draft, rating=RatingFactory(scale__publisher=draft.review.publisher))
    overwrite(draft.review, publisher=PublisherFactory())
    overwrite(draft, headline="Other")
    with refused("claims_reviewversion_own_rating_update"):
        overwrite(draft, state="submitted", submitted_at=EARLIER)


@pytest.mark.parametrize("make", [ReviewVersionFactory, submitted_version])
def test_a_review_has_one_open_version(make: Make) -> None:
    version = make()
    with refused("claims_reviewversion_one_open"):
        insert(version, number=2, state="draft")
    insert(version, review=ReviewFactory(), state="draft")


@proves("claims_reviewversion_one_published")
def test_a_review_has_one_published_version() -> None:
    first = published_version()
    second = next_version(first)
    overwrite(second, state="submitted", submitted_at=EARLIER)
    publish = {"state": "published", "published_at": EARLIER, "editor": first.editor}
    with refused("claims_reviewversion_one_published"):
        overwrite(second, **publish)
    overwrite(first, state="superseded", closed_at=EARLIER)
    overwrite(second, **publish)


@pytest.mark.parametrize(
    ("draft", "publication"),
    [
        ({"rating": None}, {}),
        ({"summary": ""}, {}),
        ({}, {"published_at": None}),
        ({}, {"editor": None}),
    ],
)
@proves("claims_reviewversion_published_complete")
def test_a_published_version_is_complete(
    draft: dict[str, Any], publication: dict[str, Any]
) -> None:
    version, whole = ReviewVersionFactory(**draft), ReviewVersionFactory()
    for each in (version, whole):
        EvidenceFactory(version=each)
        overwrite(each, state="submitted", submitted_at=EARLIER)
    publish = {"state": "published", "published_at": EARLIER, "editor": UserFactory()}
    with refused("claims_reviewversion_published_complete"):
        overwrite(version, **publish | publication)
    overwrite(whole, **publish)


def test_an_imported_version_has_markup_instead_of_summary_and_editor() -> None:
    bare = {"summary": "", "rating": RatingFactory()}
    publish = {"state": "published", "submitted_at": EARLIER, "published_at": EARLIER}
    version, imported = ReviewVersionFactory(**bare), ReviewVersionFactory(**bare, markup="{}")
    with refused("claims_reviewversion_transition_update"):
        overwrite(version, **publish)
    overwrite(imported, **publish)


@pytest.mark.parametrize("make", [ReviewVersionFactory, submitted_version])
def test_an_open_version_has_neither_editor_nor_publication_time(make: Make) -> None:
    version = make()
    for early in ({"editor": UserFactory()}, {"published_at": EARLIER}):
        with refused("claims_reviewversion_published_complete"):
            overwrite(version, **early)


@proves("claims_reviewversion_needs_evidence_update")
def test_a_published_version_has_evidence() -> None:
    version = ReviewVersionFactory()
    overwrite(version, state="submitted", submitted_at=timezone.now())
    publish = {"state": "published", "published_at": EARLIER, "editor": UserFactory()}
    with refused("claims_reviewversion_needs_evidence_update"):
        overwrite(version, **publish)
    overwrite(version, state="draft")
    EvidenceFactory(version=version)
    overwrite(version, state="submitted")
    overwrite(version, **publish)


ALLOWED_TRANSITIONS = {
    ("draft", "submitted"),
    ("submitted", "draft"),
    ("submitted", "published"),
    ("published", "superseded"),
    ("published", "retracted"),
}


@pytest.mark.parametrize("end", VersionState.values)
@pytest.mark.parametrize("start", VersionState.values)
@proves("claims_reviewversion_transition_update")
def test_a_version_changes_its_state_by_allowed_transitions_only(start: str, end: str) -> None:
    version = MAKERS[start]()
    if start == "draft":
        EvidenceFactory(version=version)
    if start == end:
        overwrite(version, state=end)
    elif (start, end) in ALLOWED_TRANSITIONS:
        overwrite(version, **columns_of_state(end, version))
    else:
        with refused(
            "claims_reviewversion_transition_update",
            "claims_reviewversion_published_frozen_update",
            "claims_reviewversion_closed_frozen_update",
        ):
            overwrite(version, **columns_of_state(end, version))


@proves("claims_reviewversion_not_replaced_insert")
def test_an_insert_cannot_replace_a_published_version() -> None:
    version = published_version()
    with refused("claims_reviewversion_not_replaced_insert"):
        replace(version, summary="Other.")
    version.refresh_from_db()
    assert version.summary != "Other."


def test_an_insert_cannot_replace_a_draft() -> None:
    draft = ReviewVersionFactory()
    with refused("claims_reviewversion_not_replaced_insert"):
        replace(draft, summary="Other.")


@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_reviewversion_only_draft_deleted_delete")
def test_only_a_draft_can_be_deleted(state: str) -> None:
    version = MAKERS[state]()
    with refused("claims_reviewversion_only_draft_deleted_delete"):
        remove(version)
    with refused("claims_reviewversion_only_draft_deleted_delete", "claims_evidence_frozen_delete"):
        ReviewVersion.objects.filter(pk=version.pk).delete()
    assert version.evidence.exists()
    remove(ReviewVersionFactory())
