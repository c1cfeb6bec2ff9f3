"""Canonical URLs identify documents and still lead to them."""

import pytest

from sources.canonical import canonicalize_url

SITE = "https://post.example/ferries"


@pytest.mark.parametrize(
    ("query", "canonical_query"),
    [
        ("utm_source=x&q=a%20b&r=c+d", "q=a%20b&r=c+d"),
        ("q=%7Eferry;late&UTM_Medium=x", "q=%7Eferry;late"),
        ("a=1&a=2&flag&b=&FBCLID=9", "a=1&a=2&flag&b="),
        ("q=caf%E9&%75tm_term=x", "q=caf%E9"),
        ("gclid=1", ""),
        ("futm_=1", "futm_=1"),
    ],
)
def test_tracking_parameters_are_removed_and_the_others_stay_unchanged(
    query: str, canonical_query: str
) -> None:
    assert canonicalize_url(f"{SITE}?{query}") == SITE + (
        f"?{canonical_query}" if canonical_query else ""
    )
