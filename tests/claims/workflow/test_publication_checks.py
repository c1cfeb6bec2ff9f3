"""Publication checks: each rule fails once, with its sentence."""

from typing import Any

import pytest

from claims.models import ReviewVersion
from claims.workflow.publication_checks import PublicationCheck, find_unmet_requirements, run_checks
from tests import factories as make

pytestmark = pytest.mark.django_db

POLICY = "https://publisher.example/corrections"


def complete_version(**values: Any) -> ReviewVersion:
    """Create a draft that passes all checks."""
    claim = make.ClaimFactory(text="Forty ferries left on time.")
    make.StatementFactory(claim=claim)
    publisher = make.PublisherFactory(corrections_policy_url=POLICY)
    version: ReviewVersion = make.ReviewVersionFactory(
        review__claim=claim, review__publisher=publisher, **{"headline": "They did not", **values}
    )
    make.EvidenceFactory(version=version, is_primary=True)
    return version


def failed_checks(version: ReviewVersion) -> dict[str, PublicationCheck]:
    """Return the failed checks by code."""
    return {check.code: check for check in run_checks(version) if not check.passed}


def create_ratings(*values: tuple[str, str, int | None]) -> list[Any]:
    """Create a scale with ratings of (label, verdict, number); return the ratings."""
    scale = make.RatingScaleFactory()
    return [
        make.RatingFactory(
            scale=scale, label=label, verdict=verdict, value=value, position=position
        )
        for position, (label, verdict, value) in enumerate(values, 1)
    ]


def test_a_complete_version_passes_every_check() -> None:
    version = complete_version()
    assert failed_checks(version) == {}
    assert find_unmet_requirements(version) == []
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
def test_a_missing_part_blocks(code: str, values: dict[str, Any]) -> None:
    version = complete_version(**values)
    assert failed_checks(version)[code].blocks
    assert find_unmet_requirements(version) == [failed_checks(version)[code].sentence]


def test_missing_evidence_fails() -> None:
    version = complete_version()
    version.evidence.all().delete()
    assert {"evidence", "primary_source"} == set(failed_checks(version))


def test_a_rejected_claim_blocks() -> None:
    version = complete_version()
    claim = version.review.claim
    claim.status, claim.status_reason = "rejected", "No."
    assert failed_checks(version)["claim_open"].blocks


@pytest.mark.parametrize("numbers", [(5, 0), (-1, -1), (3, 3), (3, None)])
def test_a_number_outside_its_scale_blocks(numbers: tuple[int | None, ...]) -> None:
    first, _ = create_ratings(("Right", "true", numbers[0]), ("Wrong", "false", numbers[1]))
    version = complete_version(rating=first)
    assert failed_checks(version)["rating_value"].blocks
    assert "scale" in find_unmet_requirements(version)[0]


def test_numbers_that_rise_with_the_truth_pass() -> None:
    first, *_ = create_ratings(
        ("Right", "true", 5),
        ("Half", "mixed", 3),
        ("Wrong", "false", 1),
        ("Open", "unproven", None),
    )
    assert failed_checks(complete_version(rating=first)) == {}


def test_numbers_that_fall_with_the_truth_warn() -> None:
    first, *_ = create_ratings(("Right", "true", 1), ("Half", "mixed", 2), ("Wrong", "false", 5))
    check = failed_checks(complete_version(rating=first))["scale_order"]
    assert not check.blocks


def change(version: ReviewVersion, **values: Any) -> None:
    """Change related records, by the path from the version."""
    for path, value in values.items():
        *steps, name = path.split("__")
        record: Any = version
        for step in steps:
            record = getattr(record, step)
        setattr(record, name, value)
        record.save()


@pytest.mark.parametrize(
    ("code", "values", "phrase"),
    [
        ("claim_length", {"review__claim__text": "A" * 76}, "76 characters"),
        ("headline", {"headline": ""}, "headline"),
        ("verdict_in_claim", {"review__claim__text": "It is FALSE that they left."}, "'false'"),
        ("corrections_policy", {"review__publisher__corrections_policy_url": ""}, "corrections"),
    ],
)
def test_a_breach_of_a_guideline_warns(code: str, values: dict[str, Any], phrase: str) -> None:
    version = complete_version()
    change(version, **values)
    check = failed_checks(version)[code]
    assert not check.blocks
    assert phrase in check.sentence.lower()
    assert find_unmet_requirements(version) == []


def test_a_verdict_inside_another_word_passes() -> None:
    version = complete_version()
    change(version, review__claim__text="Falsehoods and untrue words were counted.")
    assert failed_checks(version) == {}


def test_secondary_and_confidential_evidence_warn() -> None:
    version = complete_version()
    evidence = version.evidence.get()
    evidence.is_primary, evidence.is_confidential = False, True
    evidence.confidential_reason = "A source at risk."
    evidence.save()
    assert set(failed_checks(version)) == {"primary_source", "evidence_shown"}


def test_a_claim_without_a_url_of_an_appearance_warns() -> None:
    version = complete_version()
    version.review.claim.statements.all().delete()
    assert set(failed_checks(version)) == {"appearance"}


def test_an_unmapped_rating_warns() -> None:
    first, *_ = create_ratings(("Bananas", "unmapped", None))
    assert set(failed_checks(complete_version(rating=first))) == {"rating_mapped"}


def test_a_second_own_review_warns() -> None:
    version = complete_version()
    make.published_version(review__claim=version.review.claim)
    assert set(failed_checks(version)) == {"one_review"}
