"""What is checked before publishing: each rule is broken once, and said in plain words."""

from typing import Any

import pytest

from claims.models import ReviewVersion
from claims.workflow.publication_checks import Check, find_obstacles, run_checks
from tests import factories as make

pytestmark = pytest.mark.django_db

POLICY = "https://publisher.example/corrections"


def complete(**values: Any) -> ReviewVersion:
    """A draft that breaks no rule."""
    claim = make.ClaimFactory(text="Forty ferries left on time.")
    make.StatementFactory(claim=claim)
    publisher = make.PublisherFactory(corrections_policy_url=POLICY)
    version: ReviewVersion = make.ReviewVersionFactory(
        review__claim=claim, review__publisher=publisher, **{"headline": "They did not", **values}
    )
    make.EvidenceFactory(version=version, is_primary=True)
    return version


def broken(version: ReviewVersion) -> dict[str, Check]:
    return {check.code: check for check in run_checks(version) if not check.passed}


def scale(*values: tuple[str, str, int | None]) -> list[Any]:
    made = make.RatingScaleFactory()
    return [
        make.RatingFactory(scale=made, label=label, verdict=verdict, value=value, position=place)
        for place, (label, verdict, value) in enumerate(values, 1)
    ]


def test_a_complete_version_keeps_every_rule() -> None:
    version = complete()
    assert broken(version) == {}
    assert find_obstacles(version) == []
    assert [check.blocks for check in run_checks(version)] == sorted(
        (check.blocks for check in run_checks(version)), reverse=True
    )


@pytest.mark.parametrize(
    ("code", "values"),
    [
        ("rating", {"rating": None}),
        ("summary", {"summary": " \n"}),
    ],
)
def test_what_must_be_there_blocks(code: str, values: dict[str, Any]) -> None:
    version = complete(**values)
    assert broken(version)[code].blocks
    assert find_obstacles(version) == [broken(version)[code].sentence]


def test_evidence_must_be_there() -> None:
    version = complete()
    version.evidence.all().delete()
    assert {"evidence", "primary_source"} == set(broken(version))


def test_a_rejected_claim_blocks() -> None:
    version = complete()
    claim = version.review.claim
    claim.status, claim.status_reason = "rejected", "No."
    assert broken(version)["claim_open"].blocks


@pytest.mark.parametrize("numbers", [(5, 0), (-1, -1), (3, 3), (3, None)])
def test_a_number_off_its_scale_blocks(numbers: tuple[int | None, ...]) -> None:
    first, _ = scale(("Right", "true", numbers[0]), ("Wrong", "false", numbers[1]))
    version = complete(rating=first)
    assert broken(version)["rating_value"].blocks
    assert "scale" in find_obstacles(version)[0]


def test_numbers_that_rise_with_the_truth_keep_the_rules_of_scales() -> None:
    first, *_ = scale(
        ("Right", "true", 5),
        ("Half", "mixed", 3),
        ("Wrong", "false", 1),
        ("Open", "unproven", None),
    )
    assert broken(complete(rating=first)) == {}


def test_numbers_that_fall_with_the_truth_warn() -> None:
    first, *_ = scale(("Right", "true", 1), ("Half", "mixed", 2), ("Wrong", "false", 5))
    check = broken(complete(rating=first))["scale_order"]
    assert not check.blocks


def change(version: ReviewVersion, **values: Any) -> None:
    """Change records around the version, by the path from it."""
    for path, value in values.items():
        *way, name = path.split("__")
        record: Any = version
        for step in way:
            record = getattr(record, step)
        setattr(record, name, value)
        record.save()


@pytest.mark.parametrize(
    ("code", "values", "said"),
    [
        ("claim_length", {"review__claim__text": "A" * 76}, "76 characters"),
        ("headline", {"headline": ""}, "headline"),
        ("verdict_in_claim", {"review__claim__text": "It is FALSE that they left."}, "'false'"),
        ("corrections_policy", {"review__publisher__corrections_policy_url": ""}, "corrections"),
    ],
)
def test_what_should_be_right_warns(code: str, values: dict[str, Any], said: str) -> None:
    version = complete()
    change(version, **values)
    check = broken(version)[code]
    assert not check.blocks
    assert said in check.sentence.lower()
    assert find_obstacles(version) == []


def test_a_word_within_another_is_not_the_verdict() -> None:
    version = complete()
    change(version, review__claim__text="Falsehoods and untrue words were counted.")
    assert broken(version) == {}


def test_secondary_and_confidential_evidence_warn() -> None:
    version = complete()
    evidence = version.evidence.get()
    evidence.is_primary, evidence.is_confidential = False, True
    evidence.confidential_reason = "A source at risk."
    evidence.save()
    assert set(broken(version)) == {"primary_source", "evidence_shown"}


def test_a_claim_that_nobody_can_look_up_warns() -> None:
    version = complete()
    version.review.claim.statements.all().delete()
    assert set(broken(version)) == {"appearance"}


def test_a_label_that_nobody_has_decided_on_warns() -> None:
    first, *_ = scale(("Bananas", "unmapped", None))
    assert set(broken(complete(rating=first))) == {"rating_mapped"}


def test_a_second_review_of_ours_warns() -> None:
    version = complete()
    make.published_version(review__claim=version.review.claim)
    assert set(broken(version)) == {"one_review"}
