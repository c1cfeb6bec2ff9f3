"""Stems of words in the languages that both databases know, by the Snowball algorithms.

PostgreSQL has these algorithms. SQLite calls ``search_stems``.
"""

from functools import cache, lru_cache
from typing import Any, Final

import snowballstemmer
from django.db.backends.base.base import BaseDatabaseWrapper

from claims.read_models.words import split_words

# Snowball algorithm by the primary subtag of a language tag (RFC 5646).
LANGUAGES: Final = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


@cache
def _stemmer(algorithm: str) -> Any:
    return snowballstemmer.stemmer(algorithm)


@lru_cache(maxsize=100_000)
def _stem(word: str, algorithm: str) -> str:
    return str(_stemmer(algorithm).stemWord(word))


def search_stems(text: str, language: str) -> str:
    """Return the stems of a text's words, or the words if the language has no algorithm."""
    algorithm = LANGUAGES.get(language.partition("-")[0].lower())
    words = split_words(text)
    return " ".join(_stem(word, algorithm) for word in words) if algorithm else " ".join(words)


def all_stems(word: str) -> list[str]:
    """Return a word and its stems in every language, sorted and without repeats.

    A query does not say its language, so a word of it may match a stem of any language.
    """
    stems = {word, *(_stem(word, algorithm) for algorithm in LANGUAGES.values())}
    return sorted(stems)


def register_search_stems(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add the SQL function to a new SQLite connection; receiver of ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("search_stems", 2, search_stems, deterministic=True)
