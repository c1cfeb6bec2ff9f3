"""The words that the other modules share: what an object is, and what was not understood of it."""

from dataclasses import dataclass, field
from typing import Any, Final

from claimsapi.core.text import replace_unprintable, unescape_html

CONTEXT: Final = "https://schema.org"

Json = dict[str, Any]


class Rejected(ValueError):
    """This object cannot be taken as a review; ``str()`` says why."""


@dataclass(slots=True)
class Notes:
    """What was not understood: where it stands and why it was left out."""

    lines: list[str] = field(default_factory=list)

    def add(self, path: str, value: Any, why: str) -> None:
        said = repr(value)
        self.say(path, f"{said[:60]}{'…' if len(said) > 60 else ''} {why}")

    def say(self, path: str, what: str) -> None:
        self.lines.append(replace_unprintable(": ".join(filter(None, (path[:200], what[:200])))))


def strip_vocabulary(name: Any) -> str:
    """A type or member without the vocabulary's address."""
    if not isinstance(name, str):
        return ""
    for prefix in ("http://schema.org/", "https://schema.org/", "schema:"):
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name


def get_types(value: Any) -> list[str]:
    """The bare names of an object's types."""
    if not isinstance(value, dict):
        return []
    said = value.get("@type", value.get("type", ()))
    return [strip_vocabulary(name) for name in (said if isinstance(said, list) else [said])]


def is_claim_review(value: Any) -> bool:
    return "ClaimReview" in get_types(value)


def get_properties(found: Json) -> Json:
    """What an object has, by bare names and without what says nothing."""
    members: Json = {}
    for key, value in found.items():
        name = strip_vocabulary(key)
        # Of the same member under two names the first one that says something.
        if value not in (None, "", [], {}) and name not in members:
            members[name] = value
    return members


def drop_empty(members: Json) -> Json:
    """What has a value."""
    return {name: value for name, value in members.items() if value not in (None, "", [], {})}


def unwrap_single(found: list[Any]) -> Any:
    """The one that there is, else the list."""
    return found[0] if len(found) == 1 else found


def as_list(value: Any) -> list[Any]:
    """What may be none, one or a list, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def plain_text(text: Any) -> str:
    """The text that the agreed form holds with its entities."""
    return unescape_html(text) if isinstance(text, str) else ""
