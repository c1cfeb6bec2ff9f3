"""Rules of rating scales, ratings and label decisions that the database enforces."""

from typing import Any

import pytest

from claims.models import Rating
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
    LabelVerdictFactory,
    PublisherFactory,
    RatingFactory,
    RatingScaleFactory,
    ReviewFactory,
    ReviewVersionFactory,
)

pytestmark = pytest.mark.django_db

# The rules, a function that makes a row, values that break a rule, and valid values.
ROWS: list[Case] = [
    ("claims_ratingscale_name_not_blank", RatingScaleFactory, {"name": ""}, {"name": "x"}),
    (
        "claims_ratingscale_origin_valid",
        lambda: RatingScaleFactory(publisher=PublisherFactory()),
        {"origin": "stolen"},
        {"origin": "imported"},
    ),
    (
        "claims_ratingscale_imported_has_publisher",
        RatingScaleFactory,
        {"origin": "imported"},
        {"version": 2},
    ),
    ("claims_rating_label_not_blank", RatingFactory, {"label": ""}, {"label": "Pants on Fire"}),
    ("claims_rating_verdict_valid", RatingFactory, {"verdict": "other"}, {"verdict": "unmapped"}),
    *(
        (f"claims_labelverdict_{rule}", LabelVerdictFactory, bad, {"site": "x.example"})
        for rule, bad in (
            ("label_not_blank", {"label": ""}),
            ("key_not_blank", {"key": ""}),
            ("verdict_valid", {"verdict": "other"}),
            ("verdict_mapped", {"verdict": "unmapped"}),
        )
    ),
]


@pytest.mark.parametrize(("rules", "make", "bad", "good"), ROWS)
def test_a_row_that_breaks_a_rule_is_refused_and_a_valid_row_is_not(
    rules: str, make: Make, bad: dict[str, Any], good: dict[str, Any]
) -> None:
    assert_refused(rules, make, bad, good)


proves(*rules_in(ROWS))


def rating_in_use(**values: Any) -> Rating:
    """A rating that a review uses."""
    rating = RatingFactory(**values)
    ReviewVersionFactory(rating=rating)
    return rating


@proves("claims_ratingscale_one_of_each_version")
def test_a_scale_has_each_version_once() -> None:
    scale = RatingScaleFactory()
    with refused("claims_ratingscale_one_of_each_version"):
        insert(scale)
    insert(scale, version=2)


@proves("claims_ratingscale_one_imported")
def test_a_publisher_has_one_imported_scale() -> None:
    scale = RatingScaleFactory(publisher=PublisherFactory(), origin="imported")
    with refused("claims_ratingscale_one_imported"):
        insert(scale, version=2)
    insert(scale, version=2, origin="own")
    insert(scale, version=3, publisher=PublisherFactory())


def test_an_imported_scale_in_use_still_receives_ratings() -> None:
    scale = RatingScaleFactory(publisher=PublisherFactory(), origin="imported")
    used = RatingFactory(scale=scale)
    review = ReviewFactory(publisher=scale.publisher)
    ReviewVersionFactory(rating=used, review=review)
    insert(used, label="Half true", position=31_000)
    with refused("claims_rating_frozen_update"):
        overwrite(used, label="Half true!")
    with refused("claims_ratingscale_frozen_update"):
        overwrite(scale, origin="own")


@proves("claims_labelverdict_once")
def test_a_label_has_one_decision_per_publisher() -> None:
    decided = LabelVerdictFactory()
    with refused("claims_labelverdict_once"):
        insert(decided)
    insert(decided, site="x.example")


@proves("claims_rating_label_once", "claims_rating_in_order")
def test_a_scale_has_each_label_and_position_once() -> None:
    rating = RatingFactory(label="False", position=5)
    with refused("claims_rating_label_once"):
        insert(rating, position=6)
    with refused("claims_rating_in_order"):
        insert(rating, label="True")
    insert(rating, label="True", position=6)
    insert(rating, scale=RatingScaleFactory())


@pytest.mark.parametrize("column", ["slug", "version", "publisher"])
@proves("claims_ratingscale_frozen_update")
def test_a_scale_in_use_is_frozen(column: str) -> None:
    values = {"slug": "s", "version": 9, "publisher": PublisherFactory()}
    with refused("claims_ratingscale_frozen_update"):
        overwrite(rating_in_use().scale, **{column: values[column]})
    overwrite(RatingFactory().scale, **{column: values[column]})


RATING: dict[str, Any] = {
    "label": "Half true",
    "position": 31_000,
    "value": 3,
    "definition": "Partly so.",
    "verdict": "mixed",
}


@pytest.mark.parametrize("column", [*RATING, "scale"])
@proves("claims_rating_frozen_update")
def test_a_rating_of_a_scale_in_use_is_frozen(column: str) -> None:
    value = {**RATING, "scale": RatingScaleFactory()}[column]
    with refused("claims_rating_frozen_update"):
        overwrite(rating_in_use(), **{column: value})
    overwrite(RatingFactory(), **{column: value})


def test_an_unused_rating_is_frozen_with_its_scale() -> None:
    unused = RatingFactory()
    ReviewVersionFactory(rating=RatingFactory(scale=unused.scale))
    with refused("claims_rating_frozen_update"):
        overwrite(unused, label="Half true")


def test_a_rating_cannot_move_into_a_scale_in_use() -> None:
    with refused("claims_rating_frozen_update"):
        overwrite(RatingFactory(), scale=rating_in_use().scale)
    overwrite(RatingFactory(), scale=RatingScaleFactory())


@proves("claims_rating_frozen_insert")
def test_a_scale_in_use_receives_no_rating() -> None:
    used, unused = rating_in_use(), RatingFactory()
    with refused("claims_rating_frozen_insert"):
        insert(used, label="Half true", position=31_000)
    insert(unused, label="Half true", position=31_000)


@proves("claims_rating_frozen_delete")
def test_a_scale_in_use_loses_no_rating() -> None:
    unused = RatingFactory()
    remove(RatingFactory(scale=unused.scale))
    ReviewVersionFactory(rating=RatingFactory(scale=unused.scale))
    with refused("claims_rating_frozen_delete"):
        remove(unused)


def test_an_unmapped_rating_in_use_receives_its_verdict_once() -> None:
    rating = rating_in_use(verdict="unmapped")
    overwrite(rating, verdict="mostly_true")
    for other in ("unmapped", "false"):
        with refused("claims_rating_frozen_update"):
            overwrite(rating, verdict=other)


def test_only_the_verdict_of_an_unmapped_rating_in_use_can_change() -> None:
    with refused("claims_rating_frozen_update"):
        overwrite(rating_in_use(verdict="unmapped"), verdict="true", label="Half true")


def test_an_insert_cannot_replace_a_rating_in_use() -> None:
    rating = rating_in_use()
    with refused(
        "claims_rating_frozen_insert", "claims_rating_frozen_delete", "claims_rating_frozen_update"
    ):
        replace(rating, label="Half true")
    rating.refresh_from_db()
    assert rating.label != "Half true"


@proves("claims_ratingscale_not_replaced_insert")
def test_an_insert_cannot_replace_a_scale_in_use() -> None:
    scale = rating_in_use().scale
    with refused("claims_ratingscale_not_replaced_insert"):
        replace(scale, slug="other")
    scale.refresh_from_db()
    assert scale.slug != "other"
