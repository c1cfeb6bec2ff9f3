"""Columns of review versions that the database freezes on submission, publication and closing."""

from typing import Any

import pytest

from claims.choices import PUBLIC_STATES
from claims.models import ReviewVersion
from tests.claims.models.cases import EARLIER, MAKERS, NOT_DRAFT
from tests.database_rules import overwrite, proves, refused
from tests.factories import (
    RatingFactory,
    ReviewFactory,
    ReviewVersionFactory,
    UserFactory,
    published_version,
    submitted_version,
)

pytestmark = pytest.mark.django_db

CONTENT: dict[str, Any] = {
    "number": 7,
    "headline": "Other",
    "summary": "Other.",
    "body": "Other.",
    "correction_kind": "update",
    "correction_note": "Other.",
    "markup": "{}",
    "review": ReviewFactory,
    "rating": RatingFactory,
    "author": UserFactory,
}

# Written by the moves, and by every write.
WRITTEN_BY_TRANSITIONS = {"id", "public_id", "state", "revision", "updated_at", "submitted_at"}

PUBLICATION: dict[str, Any] = {
    "editor": UserFactory,
    "published_at": EARLIER,
    "submitted_at": EARLIER,
    "created_at": EARLIER,
    "return_reason": "Never said.",
}

CLOSING: dict[str, Any] = {"closed_at": EARLIER, "retraction_note": "We were right."}


def test_these_tests_cover_every_column_of_a_version() -> None:
    columns = {field.name for field in ReviewVersion._meta.concrete_fields}
    assert columns == {*CONTENT, *PUBLICATION, *CLOSING, *WRITTEN_BY_TRANSITIONS}


@pytest.mark.parametrize("column", CONTENT)
@pytest.mark.parametrize("state", NOT_DRAFT)
@proves("claims_reviewversion_frozen_update")
def test_only_the_content_of_a_draft_can_change(state: str, column: str) -> None:
    value = CONTENT[column]() if callable(CONTENT[column]) else CONTENT[column]
    with refused("claims_reviewversion_frozen_update"):
        overwrite(MAKERS[state](), **{column: value})
    draft = ReviewVersionFactory(number=2)
    overwrite(draft, **{column: value})


@pytest.mark.parametrize("column", ["rating", "headline", "summary", "body"])
@proves("claims_reviewversion_imported_finding_update")
def test_the_finding_of_an_imported_draft_changes_with_its_markup_only(column: str) -> None:
    draft = ReviewVersionFactory(markup="{}")
    value = CONTENT[column]() if callable(CONTENT[column]) else CONTENT[column]
    with refused("claims_reviewversion_imported_finding_update"):
        overwrite(draft, **{column: value})
    overwrite(draft, **{column: value, "markup": '{"found":{}}'})


def test_a_version_cannot_change_in_the_write_that_returns_it() -> None:
    version = submitted_version()
    with refused("claims_reviewversion_frozen_update"):
        overwrite(version, state="draft", summary="Other.")
    overwrite(version, state="draft")
    overwrite(version, summary="Other.")


@pytest.mark.parametrize("column", PUBLICATION)
@pytest.mark.parametrize("state", PUBLIC_STATES)
@proves("claims_reviewversion_published_frozen_update")
def test_the_publication_of_a_version_is_final(state: str, column: str) -> None:
    value = PUBLICATION[column]
    with refused("claims_reviewversion_published_frozen_update"):
        overwrite(MAKERS[state](), **{column: value() if callable(value) else value})
    overwrite(submitted_version(), submitted_at=EARLIER)


@pytest.mark.parametrize(
    ("state", "column"),
    [("retracted", "retraction_note"), ("retracted", "closed_at"), ("superseded", "closed_at")],
)
@proves("claims_reviewversion_closed_frozen_update")
def test_the_closing_of_a_version_is_final(state: str, column: str) -> None:
    with refused("claims_reviewversion_closed_frozen_update"):
        overwrite(MAKERS[state](), **{column: CLOSING[column]})


def test_the_return_reason_of_a_published_version_is_final() -> None:
    with refused("claims_reviewversion_published_frozen_update"):
        overwrite(published_version(), return_reason="It never was.")
