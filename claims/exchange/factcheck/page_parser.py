"""Pages of ClaimReview markup as they are sent to the Fact Check Tools API. Pure.

Each markup of a page is one ClaimReview, whose members the page's names correspond to.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.normalizer import LONGEST_CLAIM
from claims.exchange.claimreview.parser import LONGEST_LABEL, LONGEST_NAME
from claims.exchange.claimreview.vocabulary import CONTEXT, Json, drop_empty
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_url, site_from_url

MOST_MARKUPS: Final = 100  # of one page
_MOST_APPEARANCES: Final = 100  # of one claim
_LONGEST_TEXT: Final = 20_000
_LARGEST: Final = 2**31 - 1  # the API's integers are of 32 bits

Violation = tuple[str, str]
Found = TypeVar("Found")


class InvalidPage(ValueError):
    """What was sent is no page; ``violations`` name each field at fault and say why."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations[0][1])
        self.violations = violations


@dataclass(frozen=True, slots=True)
class Sent:
    """A page as it was sent: where it is, on which version it is based, and its markups."""

    url: str
    site: str
    name: str = ""
    version: str = ""
    markups: tuple[Json, ...] = ()

    def reviews(self, publisher: str) -> list[Json]:
        """Each markup as a ClaimReview; the publisher's name is its author's if none was given."""
        return [
            {
                **review,
                "author": {"name": property_values.escape_text(publisher), **review["author"]},
            }
            for review in self.markups
        ]


def parse_page(body: Any) -> Sent:
    """Read a page; ``Unfit`` names every field that does not fit."""
    faults: list[Violation] = []
    given = _Members(body, "", faults)
    url = given.take("pageUrl", _page_address, required=True) or ""
    author = _author(given.within("claimReviewAuthor"))
    published = given.take("publishDate", _date)
    name = given.take("name", _line(LONGEST_NAME)) or ""
    version = given.take("versionId", _line(LONGEST_NAME)) or ""
    markups = [_markup(one, url, faults) for one in _markups(given, faults)]
    given.close()
    _once(markups, faults)
    if faults:
        raise InvalidPage(faults)
    page = {"author": {"@type": "Organization", **author}, "datePublished": published}
    return Sent(
        url,
        site_from_url(url),
        name,
        version,
        tuple(_whole({**page, **markup}) for markup in markups),
    )


@dataclass(slots=True)
class _Members:
    """The members of one object: each is taken once, and what is left was not known."""

    value: Any
    path: str
    faults: list[Violation]
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.value is None:
            self.value = {}
        if not isinstance(self.value, dict):
            self.faults.append((self.path, "Send a JSON object."))
            self.value = {}

    def at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def take(
        self, name: str, read: Callable[[Any], Found], *, required: bool = False
    ) -> Found | None:
        """The member as ``read`` reads it; its ``ValueError`` is a fault of the member."""
        self.taken.add(name)
        value = self.value.get(name)
        if value is None or value == "":  # as nothing said, which is how the API's own JSON has it
            if required:
                self.faults.append((self.at(name), f"{name} is missing."))
            return None
        try:
            return read(value)
        except ValueError as error:
            self.faults.append((self.at(name), f"{name}: {error}"))
            return None

    def within(self, name: str) -> "_Members":
        self.taken.add(name)
        return _Members(self.value.get(name), self.at(name), self.faults)

    def close(self) -> None:
        for name in self.value:
            if name not in self.taken:
                shown = name[:60].encode("ascii", "backslashreplace").decode()
                self.faults.append((self.at(shown), f"Unknown name {shown!r}."))


def _markups(given: _Members, faults: list[Violation]) -> list[_Members]:
    name = "claimReviewMarkups"

    def listed(value: Any) -> list[Any]:
        if not isinstance(value, list) or not 0 < len(value) <= MOST_MARKUPS:
            raise ValueError(f"a list of 1 to {MOST_MARKUPS} markups. To take all away, delete.")
        return value

    found = given.take(name, listed, required=True) or []
    return [_Members(one, f"{name}[{number}]", faults) for number, one in enumerate(found)]


def _markup(given: _Members, page: str, faults: list[Violation]) -> Json:
    url = given.take("url", _address) or page
    if page and url.partition("#")[0] != page:
        faults.append((given.at("url"), "url: the page's address, with an anchor at the most."))
    claim = {
        "@type": "Claim",
        "name": given.take("claimLocation", _line(_LONGEST_TEXT)),
        "datePublished": given.take("claimDate", _date),
        "firstAppearance": _work(given.take("claimFirstAppearance", _address)),
        "appearance": [_work(one) for one in given.take("claimAppearances", _addresses) or []],
        "author": _claimant(given.within("claimAuthor")),
    }
    markup = {
        "url": property_values.escape_text(url),
        "claimReviewed": given.take("claimReviewed", _line(LONGEST_CLAIM), required=True),
        "itemReviewed": claim,
        "reviewRating": _rating(given.within("rating")),
    }
    given.close()
    return markup


def _author(given: _Members) -> Json:
    name = given.take("name", _line(LONGEST_NAME))
    image = given.take("imageUrl", _escaped_address)
    given.close()
    return drop_empty({"name": name, "image": image})


def _claimant(given: _Members) -> Json:
    members = {
        "name": given.take("name", _line(LONGEST_NAME), required=bool(given.value)),
        "jobTitle": given.take("jobTitle", _line(LONGEST_NAME)),
        "image": given.take("imageUrl", _escaped_address),
        "sameAs": given.take("sameAs", _escaped_address),
    }
    given.close()
    said = drop_empty(members)
    return {"@type": "Person", **said} if said else {}


def _rating(given: _Members) -> Json:
    names = ("ratingValue", "bestRating", "worstRating")
    numbers = {name: given.take(name, _integer) for name in names}
    rating = {
        **numbers,
        "@type": "Rating",
        "alternateName": given.take("textualRating", _line(LONGEST_LABEL), required=True),
        "ratingExplanation": given.take("ratingExplanation", _paragraph),
        "image": given.take("imageUrl", _escaped_address),
    }
    value, best, worst = numbers.values()
    if any(number is not None for number in numbers.values()):
        best, worst = 5 if best is None else best, 1 if worst is None else worst
        if best <= worst:
            fault = f"bestRating: {best} is not above the worst, which is {worst}."
            given.faults.append((given.at("bestRating"), fault))
        elif value is None:
            fault = "ratingValue: a scale is given, and no value."
            given.faults.append((given.at("ratingValue"), fault))
        elif not worst <= value <= best:
            fault = f"ratingValue: {value} is not from {worst} to {best}."
            given.faults.append((given.at("ratingValue"), fault))
    given.close()
    return rating


def _once(markups: list[Json], faults: list[Violation]) -> None:
    """One claim is reviewed once at one address."""
    met: dict[tuple[str, str], int] = {}
    for number, markup in enumerate(markups):
        key = (markup["url"], (markup["claimReviewed"] or "").casefold())
        first = met.setdefault(key, number)
        if key[1] and first != number:
            name = f"claimReviewMarkups[{number}].claimReviewed"
            faults.append((name, f"claimReviewed: claimReviewMarkups[{first}] is of this claim."))


def _text(value: Any, longest: int, read: Callable[[Any], str | None]) -> str:
    if not isinstance(value, str):
        raise ValueError("send a text.")
    if problem := find_unprintable(value):
        raise ValueError(problem)
    text = read(property_values.escape_text(normalize_text(value))) or ""
    if not text:
        raise ValueError("there is nothing to be read in it.")
    if len(text) > longest:
        raise ValueError(f"{len(text):,} characters; {longest:,} are taken.")
    return property_values.escape_text(text)


def _line(longest: int) -> Callable[[Any], str]:
    return lambda value: _text(value, longest, property_values.parse_line)


def _paragraph(value: Any) -> str:
    return _text(value, _LONGEST_TEXT, property_values.parse_paragraph)


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("send an address as a text.")
    canonicalize_url(value)  # says what is wrong with it
    found = property_values.parse_url(property_values.escape_text(value.strip()))
    if found is None:
        raise ValueError("this is no http or https address.")
    return found


def _escaped_address(value: Any) -> str:
    return property_values.escape_text(_address(value))


def _page_address(value: Any) -> str:
    url = _address(value)
    if "#" in url:
        raise ValueError("a page's address has no anchor: its markups may have one.")
    site_from_url(url)
    return url


def _addresses(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > _MOST_APPEARANCES:
        raise ValueError(f"send a list of at most {_MOST_APPEARANCES} addresses.")
    return list(dict.fromkeys(_address(one) for one in value))


def _date(value: Any) -> str:
    found = dates.parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("send a date as ISO 8601 has it, such as 2024-05-03.")
    return found.text


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LARGEST:
        raise ValueError(f"send a whole number from 1 to {_LARGEST}.")
    return value


def _work(url: str | None) -> Json | None:
    return {"@type": "CreativeWork", "url": property_values.escape_text(url)} if url else None


def _whole(markup: Json) -> Json:
    """The ClaimReview without what was not said."""
    said = {
        name: drop_empty(value) if isinstance(value, dict) else value
        for name, value in markup.items()
    }
    return {"@context": CONTEXT, "@type": "ClaimReview", **drop_empty(said)}
