"""One ClaimReview object as it was found, in the form that everyone agrees on.

What is understood is put into that form; what is not is left out of it and noted: the object itself
is kept as it came. What has no rule here is passed on as it is. The agreed form of something in the
agreed form is itself.
"""

import json
from typing import Any, Final
from unicodedata import category
from urllib.parse import urlsplit

from claims.exchange.claimreview import property_values
from claims.exchange.claimreview.property_rules import RULES, copy_other_properties
from claims.exchange.claimreview.vocabulary import (
    CONTEXT,
    Json,
    Notes,
    Rejected,
    get_properties,
    get_types,
    is_claim_review,
)
from claimsapi.core.text import unescape_html

LONGEST_CLAIM: Final = 1000  # characters, as the model says
LONGEST_IDENTIFIER: Final = 2000  # bytes, which PostgreSQL's indexes take


def normalize(found: Json, *, base: str = "", required: bool = True) -> tuple[Json, list[str]]:
    """The object in its agreed form, and notes on what was not understood.

    ``base`` is the address of the page or feed item that it stands on. Raises ``Rejected`` for what
    no review can be made of; what was taken once, by the rules of its day, is not ``required`` to.
    """
    if not isinstance(found, dict):
        raise Rejected("This is no JSON object.")
    if not is_claim_review(found):
        raise Rejected(f"This is no ClaimReview but {', '.join(get_types(found)) or 'of no type'}.")
    notes, given = Notes(), get_properties(found)
    normalized: Json = {"@context": CONTEXT, "@type": "ClaimReview"}
    # Read before the rest, since other members are read with it.
    url = _page(given, base, notes)
    for name, read in RULES.items():
        value = url if name == "url" else read(given.get(name), name, notes)
        if value not in (None, [], {}):
            normalized[name] = value
    copy_other_properties(given, normalized, {*RULES, "@context", "@type", "type"}, "", notes)
    if required:
        _of_one_site(normalized.get("url"), base)
        _require(normalized, given)
    return normalized, notes.lines


def _page(given: Json, base: str, notes: Notes) -> str | None:
    """The address of the review: its own, else that of the page."""
    for said in (given.get("url"), given.get("mainEntityOfPage"), given.get("@id")):
        if said is None:
            continue
        if url := property_values.parse_url(said, base):
            return url
        if said is given.get("url"):
            notes.add("url", said, "is no address.")
    return property_values.parse_url(base)


def _of_one_site(url: str | None, base: str) -> None:
    """A page speaks for its own site: what it says of another's review is not that review."""
    page = property_values.parse_url(base)
    if page is None or url is None:
        return
    site, other = ((urlsplit(one).hostname or "").removeprefix("www.") for one in (url, page))
    shorter, longer = sorted((f".{site}", f".{other}"), key=len)
    if not longer.endswith(shorter):
        raise Rejected(f"url: the review is of {site}, but stands on a page of {other}.")


def _require(normalized: Json, given: Json) -> None:
    claim = normalized.get("claimReviewed")
    if not claim or not any(category(one)[0] in "LNPS" for one in unescape_html(claim)):
        raise Rejected("claimReviewed: it does not say which claim was reviewed.")
    if len(claim) > LONGEST_CLAIM:
        raise Rejected(
            f"claimReviewed: {len(claim):,} characters; a claim has at most {LONGEST_CLAIM:,}."
        )
    if not normalized.get("url") and not normalized.get("identifier"):
        if given.get("url"):
            raise Rejected("url: this is no web address, nor is there an identifier.")
        raise Rejected("url: it does not say where the review is, nor is there an identifier.")
    if len(normalized.get("identifier", "").encode()) > LONGEST_IDENTIFIER:
        raise Rejected(f"identifier: it has more than {LONGEST_IDENTIFIER:,} bytes.")
    if "reviewRating" not in normalized:
        said = "the rating has no words." if given.get("reviewRating") else "there is no rating."
        raise Rejected(f"reviewRating: {said}")


def dump_markup(found: Any, *, base: str = "", row: Any = None) -> str:
    """The object as it is kept: JSON in ASCII, which holds whatever was in it.

    With it the address of the page that it stood on, and the row of a table that it was made of.
    """
    whole = {"found": found}
    if base:
        whole["base"] = base
    if row is not None:
        whole["row"] = row
    return json.dumps(whole, ensure_ascii=True, separators=(",", ":"), default=str)


def load_markup(markup: str, *, required: bool = False) -> tuple[Json, list[str]]:
    """The agreed form of what was kept, and notes on what was not understood."""
    whole = json.loads(markup)
    return normalize(whole["found"], base=whole.get("base", ""), required=required)


def load_original(markup: str) -> tuple[Any, Any]:
    """The object that was kept, and the row of a table that it was made of, or ``None``."""
    whole = json.loads(markup)
    return whole["found"], whole.get("row")
