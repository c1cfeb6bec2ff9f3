"""Parser of pages: the JSON of a request as ClaimReviews. Pure.

Each markup of a page becomes one ClaimReview. The parser reports all errors of a page at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from claims.exchange.claimreview import dates, property_values
from claims.exchange.claimreview.normalizer import MAX_CLAIM_LENGTH
from claims.exchange.claimreview.parser import MAX_LABEL_LENGTH, MAX_NAME_LENGTH
from claims.exchange.claimreview.vocabulary import (
    CONTEXT,
    DEFAULT_BEST_RATING,
    DEFAULT_WORST_RATING,
    Json,
    drop_empty,
)
from claimsapi.core.text import find_unprintable, normalize_text
from sources.canonical import canonicalize_url, site_from_url

MAX_MARKUPS: Final = 100  # in one page
_MAX_APPEARANCES: Final = 100  # of one claim
_MAX_TEXT: Final = 20_000  # characters
_MAX_INTEGER: Final = 2**31 - 1  # the API's integers have 32 bits

Violation = tuple[str, str]  # the path of a field, and a description
Parsed = TypeVar("Parsed")


class InvalidPage(ValueError):
    """The request is not a valid page. ``violations`` has every invalid field."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(violations[0][1])
        self.violations = violations


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """A page of a request. ``version`` is the ``versionId`` that an update is based on."""

    url: str
    site: str
    name: str = ""
    version: str = ""
    markups: tuple[Json, ...] = ()

    def claim_reviews(self, publisher: str) -> list[Json]:
        """Return the ClaimReviews. ``publisher`` is their author if the page has no author."""
        name = property_values.escape_text(publisher)
        return [{**markup, "author": {"name": name, **markup["author"]}} for markup in self.markups]


def parse_page(body: Any) -> ParsedPage:
    """Parse a page. Raises ``InvalidPage`` with all invalid fields."""
    violations: list[Violation] = []
    reader = _ObjectReader(body, "", violations)
    url = reader.read("pageUrl", _parse_page_url, required=True) or ""
    author = _read_author(reader.nested("claimReviewAuthor"))
    published = reader.read("publishDate", _parse_date)
    name = reader.read("name", _parse_line(MAX_NAME_LENGTH)) or ""
    version = reader.read("versionId", _parse_line(MAX_NAME_LENGTH)) or ""
    markups = [_read_markup(one, url) for one in _list_markups(reader)]
    reader.close()
    _check_duplicates(markups, violations)
    if violations:
        raise InvalidPage(violations)
    page = {"author": {"@type": "Organization", **author}, "datePublished": published}
    reviews = tuple(_build_claim_review({**page, **markup}) for markup in markups)
    return ParsedPage(url, site_from_url(url), name, version, reviews)


@dataclass(slots=True)
class _ObjectReader:
    """Reads the members of a JSON object. :meth:`close` reports unknown members."""

    value: Any
    path: str
    violations: list[Violation]
    names: set[str] = field(default_factory=set)  # of the members that were read

    def __post_init__(self) -> None:
        if self.value is None:
            self.value = {}
        if not isinstance(self.value, dict):
            self.violations.append((self.path, "Send a JSON object."))
            self.value = {}

    def path_of(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def report(self, name: str, description: str) -> None:
        self.violations.append((self.path_of(name), f"{name}: {description}"))

    def read(
        self, name: str, parse: Callable[[Any], Parsed], *, required: bool = False
    ) -> Parsed | None:
        """Parse a member. A ``ValueError`` of ``parse`` becomes a violation of this member."""
        self.names.add(name)
        value = self.value.get(name)
        # In the API's JSON, an empty text is the default value and means the same as no member.
        if value is None or value == "":
            if required:
                self.report(name, "is missing.")
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.report(name, str(error))
            return None

    def nested(self, name: str) -> "_ObjectReader":
        self.names.add(name)
        return _ObjectReader(self.value.get(name), self.path_of(name), self.violations)

    def close(self) -> None:
        for name in self.value:
            if name not in self.names:
                # The name comes from the client: the response quotes it short and in ASCII.
                quotation = name[:60].encode("ascii", "backslashreplace").decode()
                description = f"Unknown member {quotation!r}."
                self.violations.append((self.path_of(quotation), description))


def _list_markups(page: _ObjectReader) -> list[_ObjectReader]:
    name = "claimReviewMarkups"

    def parse(value: Any) -> list[Any]:
        if not isinstance(value, list) or not 0 < len(value) <= MAX_MARKUPS:
            raise ValueError(
                f"send a list of 1 to {MAX_MARKUPS} markups. To remove all, delete the page."
            )
        return value

    items = page.read(name, parse, required=True) or []
    return [
        _ObjectReader(item, f"{name}[{index}]", page.violations) for index, item in enumerate(items)
    ]


def _read_markup(reader: _ObjectReader, page_url: str) -> Json:
    url = reader.read("url", _parse_url) or page_url
    if page_url and url.partition("#")[0] != page_url:
        reader.report("url", "send the URL of the page, with or without a fragment.")
    claim = {
        "@type": "Claim",
        "name": reader.read("claimLocation", _parse_line(_MAX_TEXT)),
        "datePublished": reader.read("claimDate", _parse_date),
        "firstAppearance": _creative_work(reader.read("claimFirstAppearance", _parse_url)),
        "appearance": [
            _creative_work(one) for one in reader.read("claimAppearances", _parse_urls) or []
        ],
        "author": _read_claimant(reader.nested("claimAuthor")),
    }
    markup = {
        "url": property_values.escape_text(url),
        "claimReviewed": reader.read("claimReviewed", _parse_line(MAX_CLAIM_LENGTH), required=True),
        "itemReviewed": claim,
        "reviewRating": _read_rating(reader.nested("rating")),
    }
    reader.close()
    return markup


def _read_author(reader: _ObjectReader) -> Json:
    name = reader.read("name", _parse_line(MAX_NAME_LENGTH))
    image = reader.read("imageUrl", _parse_escaped_url)
    reader.close()
    return drop_empty({"name": name, "image": image})


def _read_claimant(reader: _ObjectReader) -> Json:
    claimant = drop_empty(
        {
            # A claimant with other members needs a name.
            "name": reader.read("name", _parse_line(MAX_NAME_LENGTH), required=bool(reader.value)),
            "jobTitle": reader.read("jobTitle", _parse_line(MAX_NAME_LENGTH)),
            "image": reader.read("imageUrl", _parse_escaped_url),
            "sameAs": reader.read("sameAs", _parse_escaped_url),
        }
    )
    reader.close()
    return {"@type": "Person", **claimant} if claimant else {}


def _read_rating(reader: _ObjectReader) -> Json:
    names = ("ratingValue", "bestRating", "worstRating")
    numbers = {name: reader.read(name, _parse_integer) for name in names}
    rating = {
        **numbers,
        "@type": "Rating",
        "alternateName": reader.read("textualRating", _parse_line(MAX_LABEL_LENGTH), required=True),
        "ratingExplanation": reader.read("ratingExplanation", _parse_paragraph),
        "image": reader.read("imageUrl", _parse_escaped_url),
    }
    value, best, worst = numbers.values()
    if any(number is not None for number in numbers.values()):
        best = DEFAULT_BEST_RATING if best is None else best
        worst = DEFAULT_WORST_RATING if worst is None else worst
        if best <= worst:
            reader.report("bestRating", f"{best} is not above worstRating, which is {worst}.")
        elif value is None:
            reader.report("ratingValue", "is missing, although the rating has a scale.")
        elif not worst <= value <= best:
            reader.report("ratingValue", f"{value} is not from {worst} to {best}.")
    reader.close()
    return rating


def _check_duplicates(markups: list[Json], violations: list[Violation]) -> None:
    """Report a second markup of the same claim at the same URL."""
    first_index: dict[tuple[str, str], int] = {}
    for index, markup in enumerate(markups):
        claim = (markup["claimReviewed"] or "").casefold()
        first = first_index.setdefault((markup["url"], claim), index)
        if claim and first != index:
            path = f"claimReviewMarkups[{index}].claimReviewed"
            description = f"claimReviewed: claimReviewMarkups[{first}] has the same claim."
            violations.append((path, description))


def _parse_text(value: Any, max_length: int, parse: Callable[[Any], str | None]) -> str:
    """Return a plain text of the request as an escaped text of a ClaimReview."""
    if not isinstance(value, str):
        raise ValueError("send a text.")
    if problem := find_unprintable(value):
        raise ValueError(problem)
    # Escaped first: otherwise `parse` would read '<' and '&' of the text as markup.
    text = parse(property_values.escape_text(normalize_text(value))) or ""
    if not text:
        raise ValueError("send a text with visible characters.")
    if len(text) > max_length:
        raise ValueError(f"{len(text):,} characters; the maximum is {max_length:,}.")
    return property_values.escape_text(text)


def _parse_line(max_length: int) -> Callable[[Any], str]:
    return lambda value: _parse_text(value, max_length, property_values.parse_line)


def _parse_paragraph(value: Any) -> str:
    return _parse_text(value, _MAX_TEXT, property_values.parse_paragraph)


def _parse_url(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("send a URL as a text.")
    canonicalize_url(value)  # raises ValueError with a reason, which parse_url() does not give
    url = property_values.parse_url(property_values.escape_text(value.strip()))
    if url is None:
        raise ValueError("this is not an http or https URL.")
    return url


def _parse_escaped_url(value: Any) -> str:
    return property_values.escape_text(_parse_url(value))


def _parse_page_url(value: Any) -> str:
    url = _parse_url(value)
    if "#" in url:
        raise ValueError(
            "the URL of a page has no fragment. Only the URLs of its markups have one."
        )
    site_from_url(url)  # raises ValueError for a host without a site
    return url


def _parse_urls(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > _MAX_APPEARANCES:
        raise ValueError(f"send a list of at most {_MAX_APPEARANCES} URLs.")
    return list(dict.fromkeys(_parse_url(one) for one in value))


def _parse_date(value: Any) -> str:
    parsed = dates.parse_date(value) if isinstance(value, str) else None
    if parsed is None:
        raise ValueError("send a date in ISO 8601, such as 2024-05-03.")
    return parsed.text


def _parse_integer(value: Any) -> int:
    # bool is a subclass of int.
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MAX_INTEGER:
        raise ValueError(f"send an integer from 1 to {_MAX_INTEGER}.")
    return value


def _creative_work(url: str | None) -> Json | None:
    return {"@type": "CreativeWork", "url": property_values.escape_text(url)} if url else None


def _build_claim_review(properties: Json) -> Json:
    """Return the ClaimReview without empty properties, also within its objects."""
    filled = {
        name: drop_empty(value) if isinstance(value, dict) else value
        for name, value in properties.items()
    }
    return {"@context": CONTEXT, "@type": "ClaimReview", **drop_empty(filled)}
