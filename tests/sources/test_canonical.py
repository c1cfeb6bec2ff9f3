"""One document has one address, which leads where the one that was given leads."""

import pytest

from sources.canonical import canonicalize_url

SITE = "https://post.example/ferries"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("utm_source=x&q=a%20b&r=c+d", "q=a%20b&r=c+d"),
        ("q=%7Eferry;late&UTM_Medium=x", "q=%7Eferry;late"),
        ("a=1&a=2&flag&b=&FBCLID=9", "a=1&a=2&flag&b="),
        ("q=caf%E9&%75tm_term=x", "q=caf%E9"),
        ("gclid=1", ""),
        ("futm_=1", "futm_=1"),
    ],
)
def test_what_tracks_readers_is_left_out_and_the_rest_stays_as_written(
    query: str, kept: str
) -> None:
    assert canonicalize_url(f"{SITE}?{query}") == SITE + (f"?{kept}" if kept else "")
