"""Normalizer of ClaimReview objects: one form for the many ways to write the same review.

Properties with a rule get their normalized form. Unreadable values are left out and noted, while
the stored markup keeps the original object. Properties without a rule are copied. The normalized
form of a normalized object is the object itself.
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

MAX_CLAIM_LENGTH: Final = 1000  # characters, the limit of the model field
MAX_IDENTIFIER_BYTES: Final = 2000  # the most that PostgreSQL's indexes take


def normalize(value: Json, *, base: str = "", validate: bool = True) -> tuple[Json, list[str]]:
    """Return the normalized form of an object, and notes on the values that were left out.

    ``base`` is the URL of the page or feed item. Raises ``Rejected`` if no review can be made of
    the object. Stored markup is not validated again: it passed the rules of its day.
    """
    if not isinstance(value, dict):
        raise Rejected("This is not a JSON object.")
    if not is_claim_review(value):
        names = ", ".join(get_types(value))
        raise Rejected(f"This is not a ClaimReview: its type is {names or 'missing'}.")
    notes, properties = Notes(), get_properties(value)
    normalized: Json = {"@context": CONTEXT, "@type": "ClaimReview"}
    url = _find_url(properties, base, notes)
    for name, read in RULES.items():
        content = url if name == "url" else read(properties.get(name), name, notes)
        if content not in (None, [], {}):
            normalized[name] = content
    exclude = {*RULES, "@context", "@type", "type"}
    copy_other_properties(properties, normalized, exclude, "", notes)
    if validate:
        _check_site(normalized.get("url"), base)
        _check_required(normalized, properties)
    return normalized, notes.lines


def _find_url(properties: Json, base: str, notes: Notes) -> str | None:
    """Return the URL of the review, else that of its page."""
    # The most explicit property first: @id is often only a fragment of the page.
    for name in ("url", "mainEntityOfPage", "@id"):
        value = properties.get(name)
        if value is None:
            continue
        if url := property_values.parse_url(value, base):
            return url
        if name == "url":
            notes.add("url", value, "is not a web address.")
    return property_values.parse_url(base)


def _check_site(url: str | None, base: str) -> None:
    """Reject a review whose page belongs to another site.

    A page speaks only for its own site. Otherwise any page could publish in another's name.
    """
    page = property_values.parse_url(base)
    if page is None or url is None:
        return
    site, page_site = ((urlsplit(one).hostname or "").removeprefix("www.") for one in (url, page))
    # The leading dots make sure that only whole labels match: a.example is not in ba.example.
    shorter, longer = sorted((f".{site}", f".{page_site}"), key=len)
    if not longer.endswith(shorter):
        raise Rejected(f"url: the review belongs to {site}, but its page to {page_site}.")


def _check_required(normalized: Json, properties: Json) -> None:
    claim = normalized.get("claimReviewed")
    # A claim needs a letter, number, punctuation mark or symbol: spaces alone are not a claim.
    if not claim or not any(category(sign)[0] in "LNPS" for sign in unescape_html(claim)):
        raise Rejected("claimReviewed: the claim is missing.")
    if len(claim) > MAX_CLAIM_LENGTH:
        raise Rejected(
            f"claimReviewed: the claim has {len(claim):,} characters. "
            f"The maximum is {MAX_CLAIM_LENGTH:,}."
        )
    if not normalized.get("url") and not normalized.get("identifier"):
        fault = "this is not a web address" if properties.get("url") else "the URL is missing"
        raise Rejected(f"url: {fault}. Give a URL or an identifier.")
    if len(normalized.get("identifier", "").encode()) > MAX_IDENTIFIER_BYTES:
        raise Rejected(f"identifier: the maximum is {MAX_IDENTIFIER_BYTES:,} bytes.")
    if "reviewRating" not in normalized:
        fault = "has no label" if properties.get("reviewRating") else "is missing"
        raise Rejected(f"reviewRating: the rating {fault}.")


def dump_markup(value: Any, *, base: str = "", row: Any = None) -> str:
    """Return the markup to store: the original object, the URL of its page and its table row.

    JSON in ASCII holds every object, even one with lone surrogates.
    """
    # These keys are stored in the database and hashed into the ledger: never rename them.
    markup = {"found": value}
    if base:
        markup["base"] = base
    if row is not None:
        markup["row"] = row
    return json.dumps(markup, ensure_ascii=True, separators=(",", ":"), default=str)


def load_markup(markup: str, *, validate: bool = False) -> tuple[Json, list[str]]:
    """Return the normalized form of stored markup, and notes on the values that were left out."""
    stored = json.loads(markup)
    return normalize(stored["found"], base=stored.get("base", ""), validate=validate)


def load_original(markup: str) -> tuple[Any, Any]:
    """Return the original object of stored markup, and its table row or ``None``."""
    stored = json.loads(markup)
    return stored["found"], stored.get("row")
