"""Helpers of all ClaimReview modules: types and properties of objects, notes and rejections."""

from dataclasses import dataclass, field
from typing import Any, Final

from claimsapi.core.text import replace_unprintable, unescape_html

CONTEXT: Final = "https://schema.org"
# schema.org's defaults for a Rating without bestRating and worstRating.
DEFAULT_BEST_RATING: Final = 5
DEFAULT_WORST_RATING: Final = 1

Json = dict[str, Any]


class Rejected(ValueError):
    """The object cannot become a review. ``str()`` gives the reason."""


@dataclass(slots=True)
class Notes:
    """Notes on values that the normalizer left out: the path and the reason."""

    lines: list[str] = field(default_factory=list)

    def add(self, path: str, value: Any, reason: str) -> None:
        """Add a note that quotes the first 60 characters of the value."""
        quotation = repr(value)
        self.add_text(path, f"{quotation[:60]}{'…' if len(quotation) > 60 else ''} {reason}")

    def add_text(self, path: str, text: str) -> None:
        self.lines.append(replace_unprintable(": ".join(filter(None, (path[:200], text[:200])))))


def strip_vocabulary(name: Any) -> str:
    """Return the name of a type or property without the URL or prefix of schema.org."""
    if not isinstance(name, str):
        return ""
    for prefix in ("http://schema.org/", "https://schema.org/", "schema:"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def get_types(value: Any) -> list[str]:
    """Return the type names of an object, without their vocabulary."""
    if not isinstance(value, dict):
        return []
    names = value.get("@type", value.get("type", ()))
    return [strip_vocabulary(name) for name in (names if isinstance(names, list) else [names])]


def is_claim_review(value: Any) -> bool:
    return "ClaimReview" in get_types(value)


def get_properties(value: Json) -> Json:
    """Return the properties of an object that are not empty, by their names in schema.org."""
    properties: Json = {}
    for key, inner in value.items():
        name = strip_vocabulary(key)
        # A property may occur under two names, with and without prefix. The first value wins.
        if inner not in (None, "", [], {}) and name not in properties:
            properties[name] = inner
    return properties


def drop_empty(properties: Json) -> Json:
    """Return the properties without null, empty texts, empty lists and empty objects."""
    return {name: value for name, value in properties.items() if value not in (None, "", [], {})}


def unwrap_single(items: list[Any]) -> Any:
    """Return the item of a list of one, else the list."""
    return items[0] if len(items) == 1 else items


def as_list(value: Any) -> list[Any]:
    """Return a property's value as a list; null becomes an empty list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def plain_text(text: Any) -> str:
    """Return a text of the normalized form with its HTML entities decoded."""
    return unescape_html(text) if isinstance(text, str) else ""
