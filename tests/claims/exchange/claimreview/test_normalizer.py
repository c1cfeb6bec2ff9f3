"""Normalizer: outcomes of the corpus, properties, notes, and stability of the normalized form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims.exchange.claimreview.normalizer import normalize
from claims.exchange.claimreview.parser import ParsedReview, parse_review
from claims.exchange.claimreview.serializer import dump_for_script
from claims.exchange.claimreview.vocabulary import Rejected
from claims.exchange.importing.rows import Outcome
from claimsapi.core.text import find_unprintable
from tests.claims.exchange.claimreview.corpus import (
    BROKEN,
    CASES,
    PLAIN,
    Case,
    item,
    plain,
    rated,
    read_file,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def describe(review: ParsedReview, name: str) -> Any:
    value = getattr(review, name)
    match name:
        case "published_at":
            return str(value and value.date())
        case "claimants":
            return [claimant.name for claimant in value]
        case "appearances":
            return [work.url or work.title for work in value]
        case "stated":
            return str(value)
    return value


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_file_of_the_corpus_has_its_expected_outcome(case: Case) -> None:
    rows = read_file(case.file)
    if case.outcomes == BROKEN:
        assert [row.outcome for row in rows] == [Outcome.REJECTED]
        assert rows[0].reason
        return
    assert len(rows) == len(case.outcomes), [row.reason for row in rows]
    for row, expected in zip(rows, case.outcomes, strict=True):
        if isinstance(expected, str):
            assert row.outcome == Outcome.REJECTED
            assert expected in row.reason
        else:
            assert row.outcome is None, row.reason
            assert row.parsed is not None
            assert {name: describe(row.parsed, name) for name in expected} == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_normalized_form_is_stable(case: Case) -> None:
    for row in read_file(case.file):
        if row.normalized:
            again, _notes = normalize(row.normalized)
            assert json.dumps(again) == json.dumps(row.normalized)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_markup_of_the_corpus_breaks_out_of_a_script(case: Case) -> None:
    for row in read_file(case.file):
        script = dump_for_script(row.normalized)
        assert not set("<>&\u2028\u2029") & set(script)
        assert json.loads(script) == row.normalized
        assert not find_unprintable(script)


@pytest.mark.parametrize(
    ("properties", "numbers"),
    [
        ({"ratingValue": "3", "bestRating": "5", "worstRating": "1"}, (3, 5, 1)),
        ({"ratingValue": 2.5, "bestRating": 5, "worstRating": 0}, (2.5, 5, 0)),
        ({"ratingValue": 4}, (4, None, None)),
        ({"ratingValue": -1, "bestRating": -1, "worstRating": -1}, (None, None, None)),
        ({"ratingValue": 6}, (None, None, None)),
        ({"ratingValue": 3, "bestRating": 1, "worstRating": 5}, (None, None, None)),
        ({"ratingValue": True, "bestRating": 5}, (None, None, None)),
        ({"ratingValue": 1, "bestRating": 1, "worstRating": 1}, (None, None, None)),
    ],
)
def test_rating_numbers_need_a_scale(properties: Any, numbers: Any) -> None:
    rating = normalize(rated(**properties))[0]["reviewRating"]
    assert tuple(rating.get(n) for n in ("ratingValue", "bestRating", "worstRating")) == numbers


def test_unreadable_values_are_noted() -> None:
    _normalized, notes = normalize(
        plain(datePublished="03/05/2024", inLanguage="klingonese!", license="none")
        | {"reviewRating": {"alternateName": "False", "ratingValue": "five"}}
    )
    assert [note.partition(":")[0] for note in notes] == [
        "datePublished",
        "inLanguage",
        "reviewRating.ratingValue",
        "license",
    ]


def test_properties_without_a_rule_are_copied_without_unprintable_characters() -> None:
    normalized, _ = normalize(
        plain(image={"url": "x", "deep": [1, None, "\0a\u202e"]}, isBasedOn=[])
    )
    assert normalized["image"] == {"url": "x", "deep": [1, "a"]}
    assert "isBasedOn" not in normalized


def test_an_escaped_entity_stays_an_entity() -> None:
    normalized, _ = normalize(plain(claimReviewed="Write &amp;amp; for &amp;"))
    assert normalized["claimReviewed"] == "Write &amp;amp; for &amp;"
    assert parse_review(normalized).claim == "Write &amp; for &"


def test_notes_are_short_and_printable() -> None:
    _normalized, notes = normalize(plain(**{"\ud800\x1b[31m": "\ud800", "b" * 5000: 1}))
    assert len(notes) == 2
    for note in notes:
        assert note.encode()
        assert note.isprintable()
        assert len(note) < 400


def test_a_rejected_row_has_its_url() -> None:
    [row] = read_file(json.dumps(plain(claimReviewed="")).encode())
    assert row.report()["identifier"] == "https://checker.example/1"


def test_ignored_values_are_noted() -> None:
    _normalized, notes = normalize(
        plain(
            name=["One", "Two"],
            inLanguage=["en", "fr"],
            keywords=[f"word {n}" for n in range(201)],
            author=[{"@type": "Organization", "name": "Checker"}, {"@id": "#nobody"}],
            **{"my-ext": 1},
        )
    )
    assert [note.partition(":")[0] for note in notes] == [
        "name",
        "inLanguage",
        "author",
        "keywords",
        "my-ext",
    ]


def test_unknown_properties_are_copied_and_noted() -> None:
    normalized, notes = normalize(plain(fooBar="x", sdLicense="y"))
    assert (normalized["fooBar"], normalized["sdLicense"]) == ("x", "y")
    assert notes == ["copied without a check: fooBar, sdLicense"]


def test_nested_reviews_and_foreign_contexts_are_dropped() -> None:
    normalized, _ = normalize(
        plain(about={"@context": "https://evil.example/", "x": 1}, hasPart=[PLAIN], extra="y")
        | {"@included": [PLAIN]}
    )
    assert normalized["about"] == {"x": 1}
    assert normalized["extra"] == "y"
    assert not {"hasPart", "@included"} & set(normalized)


def test_stacked_combining_marks_are_cut() -> None:
    normalized, _ = normalize(plain(reviewBody="a" + "\u0301\u0316" * 50_000 + "b"))
    assert len(normalized["reviewBody"]) < 40


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*PLAIN, "citation", "correction"], JSON)))
@pytest.mark.slow
def test_no_markup_raises_an_error_and_its_normalized_form_is_stable(
    members: dict[str, Any],
) -> None:
    try:
        normalized, _ = normalize({**PLAIN, **members, "@type": "ClaimReview"})
    except Rejected:
        return
    assert json.dumps(normalize(normalized)[0]) == json.dumps(normalized)
    try:
        review = parse_review(normalized)
    except Rejected:
        return
    assert not find_unprintable(review.claim + review.label + review.summary + review.body)


@given(JSON)
def test_no_claim_raises_an_error(value: Any) -> None:
    for members in ({"author": value}, {"appearance": value}, {"datePublished": value}):
        normalized, _ = normalize(item(**members))
        assert parse_review(normalized).claim == PLAIN["claimReviewed"]
