"""Parser and serializer of pages: a parsed page serializes to the same page."""

import unicodedata
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from claims.exchange.claimreview.extractor import Item
from claims.exchange.factcheck.markup import serialize_markup, serialize_page_fields
from claims.exchange.factcheck.page_parser import InvalidPage, parse_page
from claims.exchange.importing.rows import read_row
from tests.claims.exchange.factcheck.accounts import build_markup, build_page

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [*build_page(), *build_markup(), *build_markup()["rating"], "name", "sameAs", "imageUrl"]
)


@settings(max_examples=50)
@given(
    st.dictionaries(NAMES, JSON_VALUES, max_size=8), st.dictionaries(NAMES, JSON_VALUES, max_size=8)
)
def test_every_json_is_a_page_or_has_described_violations(
    members: dict[str, Any], markup_members: dict[str, Any]
) -> None:
    violations = []
    try:
        parse_page(build_page(build_markup(**markup_members), **members))
    except InvalidPage as error:
        violations = error.violations
    assert all(description for _, description in violations)


def on_one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cf")), min_size=1, max_size=60)
URLS = st.from_regex(r"https://[a-z]{1,8}\.example/[a-z&;=?]{0,12}", fullmatch=True)


@given(
    claim=TEXTS.filter(lambda text: any(map(str.isalnum, text))),
    label=TEXTS.filter(str.strip),
    why=TEXTS.filter(str.strip),
    image=URLS,
    anchor=st.from_regex(r"[a-z&;]{1,8}", fullmatch=True),
)
def test_a_parsed_page_serializes_to_the_same_markup(
    claim: str, label: str, why: str, image: str, anchor: str
) -> None:
    rating = {"textualRating": label, "ratingExplanation": why, "imageUrl": image}
    url = f"{build_page()['pageUrl']}#{anchor}"
    parsed = parse_page(build_page(build_markup(claimReviewed=claim, rating=rating, url=url)))
    row = read_row(0, Item(parsed.claim_reviews("Checker")[0]))
    assert row.outcome is None, row.reason
    assert serialize_markup(row.normalized)["claimReviewed"] == on_one_line(claim)
    assert serialize_markup(row.normalized)["rating"]["textualRating"] == on_one_line(label)
    back = build_page(serialize_markup(row.normalized), **serialize_page_fields(row.normalized))
    again = read_row(0, Item(parse_page(back).claim_reviews("Checker")[0]))
    assert again.normalized == row.normalized
    assert serialize_markup(again.normalized) == serialize_markup(row.normalized)
