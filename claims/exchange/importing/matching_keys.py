"""By what a name and an address are compared with those that are here. Pure."""

import re
import unicodedata
from typing import Final

from claims.exchange.importing.platforms import is_register

_SCHEME: Final = re.compile(r"\Ahttps?://(www\.)?")


def name_key(name: str) -> str:
    """A name without what printing changes: case, width and punctuation.

    Marks stay: in many scripts they are the vowels.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in folded)
    return " ".join("".join(kept).split()) or folded


def url_key(url: str) -> str:
    """An address without scheme, ``www.`` and the slash at its end."""
    return _SCHEME.sub("", url).rstrip("/")


def url_spellings(identifier: str) -> set[str]:
    """An address as it may have been given too: with http, ``www.`` or a slash at its end."""
    if not _SCHEME.match(identifier):
        return {identifier}
    key = url_key(identifier)
    starts = ("https://", "http://", "https://www.", "http://www.")
    return {f"{start}{key}{end}" for start in starts for end in ("", "/")}


def is_plausible_match(key: str, known: str, said: str) -> bool:
    """Whether the address of one who is known means somebody who is said to have it too.

    A register's address means one, however the name is written. Others are shared by many: of a
    page the names have a word in common, of a site's front page they are the same.
    """
    site, _, path = key.partition("/")
    here, there = (set(name_key(name).split()) for name in (known, said))
    return is_register(site) or (bool(here & there) if path else here == there)
