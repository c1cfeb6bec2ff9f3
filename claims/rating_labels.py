"""The labels of rating scales, compared as readers compare them."""

import unicodedata
from collections.abc import Mapping

from claimsapi.core.text import unescape_html


def label_key(label: str) -> str:
    """The label without what printing changes: case, accents of width, punctuation, pictures.

    Of a label that is nothing else, such as a cross, the characters themselves.
    """
    folded = unicodedata.normalize("NFKC", unescape_html(label)).casefold()
    folded = folded.replace("\u0131", "i").replace("i\u0307", "i")  # Turkish, of which case is lost
    words = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded).split()
    return (" ".join(words) or "".join(folded.split()) or label)[:200]


def map_verdict(label: str, site: str, decided: Mapping[tuple[str, str], str]) -> str:
    """The verdict that was decided on, by key and site, or ``unmapped``."""
    key = label_key(label)
    return decided.get((key, site)) or decided.get((key, "")) or "unmapped"
