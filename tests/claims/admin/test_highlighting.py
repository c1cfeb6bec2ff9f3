"""Texts are split at the boundaries of passages."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from claims.admin.highlighting import Segment, Span, split_segments


def test_overlapping_passages_become_separate_segments() -> None:
    text = "one two three"
    segments = list(split_segments(text, [Span(0, 7, "a"), Span(4, 13, "b"), Span(4, 7, "c")]))
    assert segments == [
        Segment(0, "one ", "a", overlaps=False, ending=()),
        Segment(4, "two", "c", overlaps=True, ending=("c", "a")),
        Segment(7, " three", "b", overlaps=False, ending=("b",)),
    ]


def test_a_text_without_passages_is_one_segment() -> None:
    assert list(split_segments("words", [])) == [
        Segment(0, "words", None, overlaps=False, ending=())
    ]


def test_passages_outside_of_the_text_are_ignored() -> None:
    assert list(split_segments("ab", [Span(1, 3, 1), Span(-1, 1, 2), Span(1, 1, 3)])) == [
        Segment(0, "ab", None, overlaps=False, ending=())
    ]


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(
        lambda at: Span(*at, key=f"{at[0]:02} {at[1]:02}")
    )
)


@given(st.text(max_size=40), SPANS)
def test_segments_concatenate_to_the_text_and_to_each_passage(text: str, spans: list[Span]) -> None:
    segments = list(split_segments(text, spans))
    assert "".join(part.text for part in segments) == text
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    for part in segments:
        over = [span for span in inside if span.start <= part.start < span.end]
        end = part.start + len(part.text)
        assert all(end <= span.end for span in over)  # it is cut wherever a passage ends
        assert part.overlaps == (len(over) > 1)
        shortest = min(over, key=lambda span: (span.end - span.start, span.start), default=None)
        assert part.key == (shortest and shortest.key)
        assert Counter(part.ending) == Counter(span.key for span in over if span.end == end)


def test_many_overlapping_passages_are_split_quickly() -> None:
    text, many = "a" * 20_000, [Span(at, 20_000 - at, at) for at in range(5_000)]
    segments = list(split_segments(text, many))
    assert len(segments) == 9_999
    assert (segments[4_999].key, segments[4_999].overlaps) == (4_999, True)
