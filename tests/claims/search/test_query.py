"""The query language of searches."""

import pytest

from claims.search.query import Term, parse_query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Late ferry", (Term(("late",)), Term(("ferry",)))),
        ('"late ferry" -boat', (Term(("late", "ferry")), Term(("boat",), excluded=True))),
        ("ferr*", (Term(("ferr",), prefix=True),)),
        ("covid-19", (Term(("covid", "19")),)),
        ('-"on time"', (Term(("on", "time"), excluded=True),)),
        ('"open', (Term(("open",)),)),
        ("50% (off", (Term(("50",)), Term(("off",)))),
        ('- * () "" :', ()),
        ("NEAR AND OR NOT", tuple(Term((w,)) for w in ("near", "and", "or", "not"))),
    ],
)
def test_a_query_is_parsed_into_terms(text: str, terms: tuple[Term, ...]) -> None:
    assert parse_query(text) == terms


def test_a_query_has_a_limit_of_terms_and_words() -> None:
    with pytest.raises(ValueError, match="at most 32 terms"):
        parse_query("a " * 33)
    with pytest.raises(ValueError, match="64 words"):
        parse_query(f'"{"a " * 65}"')
