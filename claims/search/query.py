"""Searches as people write them: words, ``"phrases"``, ``begin*``, ``-without``. Pure.

Any text is a search. What is no letter, digit or underscore parts words and means nothing else.
"""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

from claims.read_models.words import split_words
from claimsapi.core.i18n.messages import Message

MAX_TERMS: Final = 32
_MOST_WORDS: Final = 64

_PIECE: Final = re.compile(r'(?P<without>-?)(?:"(?P<phrase>[^"]*)"?|(?P<plain>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: these words in a row, the last of them perhaps only begun."""

    words: tuple[str, ...]
    prefix: bool = False
    excluded: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """Read a search; ``ValueError`` says what is too much of it.

    A search without a word, or of exclusions alone, has no term that could find anything.
    """
    terms = []
    for piece in _PIECE.finditer(text):
        plain = piece["plain"] or ""
        words = tuple(split_words(plain if piece["phrase"] is None else piece["phrase"]))
        if words:
            terms.append(Term(words, plain.endswith("*"), bool(piece["without"])))
    if len(terms) > MAX_TERMS or sum(len(term.words) for term in terms) > _MOST_WORDS:
        raise ValueError(
            Message(
                "At most {terms} terms of {number} words in all.",
                terms=MAX_TERMS,
                number=_MOST_WORDS,
            )
        )
    return tuple(terms)


def parse_first_terms(text: str) -> tuple[Term, ...]:
    """Read a search of any length: of one with too many terms its first words, each once."""
    try:
        return parse_query(text)
    except ValueError:
        words = dict.fromkeys(split_words(text))
        return tuple(Term((word,)) for word in islice(words, MAX_TERMS))
