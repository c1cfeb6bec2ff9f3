"""Parser of search queries: words, ``"phrases"``, ``begin*`` and ``-without``. Pure.

Any text is a valid query. Characters other than letters, digits and underscores separate words.
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from claims.read_models.words import split_words
from claimsapi.core.i18n.messages import Message

# Each term is one condition of the SQL query, so a long query is an expensive query.
MAX_TERMS: Final = 32
_MAX_WORDS: Final = 64

# A quotation mark without its partner opens a phrase up to the end.
_TERM: Final = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<plain>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a query: consecutive words.

    ``prefix`` means that the last word matches any word that begins with it.
    """

    words: tuple[str, ...]
    prefix: bool = False
    excluded: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """Parse a query; ``ValueError`` if it has too many terms or words.

    The result has no term that can match if the text has no words or excludes all of them.
    """
    terms = []
    for match in _TERM.finditer(text):
        plain = match["plain"] or ""
        words = tuple(split_words(plain if match["phrase"] is None else match["phrase"]))
        if words:
            terms.append(Term(words, plain.endswith("*"), bool(match["minus"])))
    if len(terms) > MAX_TERMS or sum(len(term.words) for term in terms) > _MAX_WORDS:
        raise ValueError(
            Message(
                "Use at most {terms} terms with {number} words in total.",
                terms=MAX_TERMS,
                number=_MAX_WORDS,
            )
        )
    return tuple(terms)


def parse_first_terms(text: str) -> tuple[Term, ...]:
    """Parse a query of any length: of a query that is too long, only its first distinct words."""
    try:
        return parse_query(text)
    except ValueError:
        words = dict.fromkeys(split_words(text))
        return tuple(Term((word,)) for word in islice(words, MAX_TERMS))
