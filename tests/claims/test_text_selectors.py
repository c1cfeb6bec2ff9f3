"""Quotations are located in a text."""

from hypothesis import given
from hypothesis import strategies as st

from claims.text_selectors import find_quotation


def test_a_quotation_matches_across_line_breaks() -> None:
    text = "It left\nlate. It left late (again)."
    assert list(find_quotation(text, " It  left late")) == [(0, 12), (14, 26)]
    assert list(find_quotation(text, "(again).")) == [(27, 35)]
    assert list(find_quotation(text, "\n ")) == []
    assert list(find_quotation(text, "never")) == []


BREAKS = st.text(alphabet=" \n\t\u00a0", min_size=1, max_size=3)


@given(st.lists(st.tuples(st.sampled_from("ab"), BREAKS), max_size=20), st.text("ab ", max_size=5))
def test_every_occurrence_has_the_words_and_none_is_missing(
    parts: list[tuple[str, str]], words: str
) -> None:
    text = "".join(word + space for word, space in parts)
    positions = list(find_quotation(text, words))
    wanted = words.split()
    assert all(text[start:end].split() == wanted for start, end in positions)
    if len(wanted) == 1 and set(map(len, wanted)) == {1}:
        assert len(positions) == sum(word == wanted[0] for word, _space in parts)


def test_a_long_text_without_spaces_is_searched_quickly() -> None:
    text, words = "a " * 500_000, "a " * 400 + "b"
    assert list(find_quotation(text, words)) == []
