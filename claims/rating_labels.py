"""Comparison of rating labels as readers compare them."""

import unicodedata
from collections.abc import Mapping

from claimsapi.core.text import unescape_html


def label_key(label: str) -> str:
    """Return the comparison key of a label, without case, width, punctuation and pictographs.

    A label without letters and digits, such as a cross, is its own key.
    """
    folded = unicodedata.normalize("NFKC", unescape_html(label)).casefold()
    folded = folded.replace("\u0131", "i").replace("i\u0307", "i")  # Turkish dotted and dotless i
    # Keep letters, numbers and combining marks (Unicode categories L, N and M).
    words = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in folded).split()
    return (" ".join(words) or "".join(folded.split()) or label)[:200]


def map_verdict(label: str, site: str, decided: Mapping[tuple[str, str], str]) -> str:
    """Return the verdict for a label of a site, or ``unmapped``.

    ``decided`` maps pairs of label key and site to verdicts. An empty site applies to all sites.
    """
    key = label_key(label)
    return decided.get((key, site)) or decided.get((key, "")) or "unmapped"
