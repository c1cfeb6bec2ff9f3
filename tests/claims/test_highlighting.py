"""A text is cut at passages, and nothing of it is lost."""

from hypothesis import given
from hypothesis import strategies as st

from claims.highlighting import Segment, Span, places, segments


def test_passages_that_overlap_are_told_apart() -> None:
    text = "one two three"
    found = list(segments(text, [Span(0, 7, "a"), Span(4, 13, "b"), Span(4, 7, "c")]))
    assert found == [
        Segment(0, "one ", ("a",), ()),
        Segment(4, "two", ("c", "a", "b"), ("c", "a")),
        Segment(7, " three", ("b",), ("b",)),
    ]


def test_a_text_without_passages_is_one_segment() -> None:
    assert list(segments("words", [])) == [Segment(0, "words", (), ())]


def test_passages_outside_of_the_text_are_left_out() -> None:
    assert list(segments("ab", [Span(1, 3, 1), Span(-1, 1, 2), Span(1, 1, 3)])) == [
        Segment(0, "ab", (), ())
    ]


SPANS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda at: Span(*at, key=at))
)


@given(st.text(max_size=40), SPANS)
def test_the_segments_are_the_text_and_each_passage_is_its_segments(
    text: str, spans: list[Span]
) -> None:
    found = list(segments(text, spans))
    assert "".join(part.text for part in found) == text
    for span in spans:
        if 0 <= span.start < span.end <= len(text):
            parts = [part for part in found if span.key in part.keys]
            assert parts[0].start == span.start
            assert "".join(part.text for part in parts) == text[span.start : span.end]
            assert [part for part in found if span.key in part.ending] == parts[-1:]


def test_words_are_found_wherever_lines_break() -> None:
    text = "It left\nlate. It left late (again)."
    assert places(text, " It  left late") == [(0, 12), (14, 26)]
    assert places(text, "(again).") == [(27, 35)]
    assert places(text, "\n ") == []
    assert places(text, "never") == []
