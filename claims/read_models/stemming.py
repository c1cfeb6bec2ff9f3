"""Stems of words by the language that they are in, by the Snowball algorithms.

PostgreSQL has them itself; SQLite calls ``search_stems`` here.
"""

from functools import cache, lru_cache
from typing import Any, Final

import snowballstemmer
from django.db.backends.base.base import BaseDatabaseWrapper

from claims.read_models.words import split_words

# The languages that both databases know, by the primary subtag of their tags (RFC 5646).
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
    """The stems of a text's words, or the words themselves where the language has none."""
    algorithm = LANGUAGES.get(language.partition("-")[0].lower())
    words = split_words(text)
    return " ".join(_stem(word, algorithm) for word in words) if algorithm else " ".join(words)


def all_stems(word: str) -> list[str]:
    """What a word may be in the index, whatever language it is taken for; each once."""
    stems = {word, *(_stem(word, algorithm) for algorithm in LANGUAGES.values())}
    return sorted(stems)


def register_search_stems(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Give a new connection the function; receiver of ``connection_created``."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("search_stems", 2, search_stems, deterministic=True)
