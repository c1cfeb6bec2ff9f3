"""Parser of normalized ClaimReviews: returns a ``ParsedReview`` with the data of our records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from claims.exchange.claimreview import dates
from claims.exchange.claimreview.vocabulary import Json, Rejected, as_list, plain_text
from claimsapi.core.partial_date import PartialDate
from sources.canonical import canonicalize_site, canonicalize_url, site_from_url

# Characters, the limits of the model fields.
MAX_LABEL_LENGTH: Final = 200  # characters
MAX_NAME_LENGTH: Final = 200  # characters
MAX_TITLE_LENGTH: Final = 500  # characters
MAX_HEADLINE_LENGTH: Final = 300  # characters
_MAX_TOPIC_LENGTH: Final = 120  # characters
_MAX_BYLINE_LENGTH: Final = 300  # characters
_MAX_RECORDS: Final = 50  # claimants, works or topics of one review that become records
_MAX_IDENTIFIERS: Final = 10  # of one claimant


@dataclass(frozen=True, slots=True)
class CreativeWork:
    """A work in which a claim appears, or a work that is evidence. It has a URL or a title."""

    url: str
    title: str
    published: PartialDate = PartialDate.UNKNOWN
    publisher: str = ""  # its site
    byline: str = ""
    note: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Claimant:
    """A person or organization that made a claim. ``identifiers`` are its ``sameAs`` URLs."""

    name: str
    is_person: bool = True
    role: str = ""
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedReview:
    """A review as its publisher describes it.

    ``identifier`` is the review's URL or the publisher's own identifier. ``site`` is the host of
    the publisher without ``www.``.
    """

    identifier: str
    claim: str
    label: str
    site: str
    publisher: str
    headline: str = ""
    summary: str = ""
    body: str = ""
    language: str = ""
    published_at: datetime | None = None
    published_on: PartialDate = PartialDate.UNKNOWN
    modified_at: datetime | None = None
    stated: PartialDate = PartialDate.UNKNOWN
    claimants: tuple[Claimant, ...] = ()
    appearances: tuple[CreativeWork, ...] = ()
    evidence: tuple[CreativeWork, ...] = ()
    topics: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()

    @property
    def statement_data(self) -> tuple[object, ...]:
        """The data of the claim's statements: who made the claim, where and when."""
        return self.claimants, self.appearances, self.stated

    @property
    def classification(self) -> tuple[object, ...]:
        """The topics and the language of the claim."""
        return self.topics, self.language


def parse_review(normalized: Json) -> ParsedReview:
    """Parse a normalized ClaimReview. Raises ``Rejected`` if no URL names its publisher's site."""
    item = normalized.get("itemReviewed", {})
    rating = normalized["reviewRating"]
    site, name = _parse_publisher(normalized)
    published = dates.parse_date(normalized.get("datePublished"))
    modified = dates.parse_date(normalized.get("dateModified"))
    claimed = dates.parse_date(item.get("datePublished"))
    works = [*_parse_works(item.get("firstAppearance")), *_parse_works(item.get("appearance"))]
    # Of a work that occurs twice, the first description counts.
    appearances = {(work.url or work.title): work for work in reversed(works)}
    keywords = normalized.get("keywords", ())
    headline = plain_text(normalized.get("name") or normalized.get("headline"))
    return ParsedReview(
        identifier=normalized.get("url") or plain_text(normalized["identifier"]),
        claim=parse_claim(normalized),
        label=_truncate(plain_text(rating["alternateName"]), MAX_LABEL_LENGTH),
        site=site,
        publisher=_truncate(name, MAX_NAME_LENGTH),
        headline=_truncate(headline, MAX_HEADLINE_LENGTH),
        summary=plain_text(rating.get("ratingExplanation")),
        body=plain_text(normalized.get("reviewBody")),
        language=normalized.get("inLanguage", ""),
        published_at=published.timestamp if published else None,
        published_on=published.date if published else PartialDate.UNKNOWN,
        modified_at=modified.timestamp if modified else None,
        stated=claimed.date if claimed else PartialDate.UNKNOWN,
        claimants=tuple(_parse_claimants(item.get("author"))[:_MAX_RECORDS]),
        appearances=tuple(reversed(appearances.values()))[:_MAX_RECORDS],
        evidence=tuple(_parse_works(normalized.get("citation"))[:_MAX_RECORDS]),
        topics=tuple(_truncate(plain_text(word), _MAX_TOPIC_LENGTH) for word in keywords)[
            :_MAX_RECORDS
        ],
        corrections=tuple(
            plain_text(correction["text"])
            for correction in normalized.get("correction", ())
            if "text" in correction
        ),
    )


def parse_claim(normalized: Json) -> str:
    """Return the claim in the words of the review's publisher."""
    return plain_text(normalized["claimReviewed"])


def _truncate(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _parse_publisher(normalized: Json) -> tuple[str, str]:
    """Return the site and the name of the publisher. The site is that of the review's page."""
    agents = [*as_list(normalized.get("author")), *as_list(normalized.get("publisher"))]
    organizations = [agent for agent in agents if agent["@type"] != "Person"]
    names = (plain_text(agent["name"]) for agent in organizations if "name" in agent)
    name = next(names, "")
    # The page comes first: a review cannot claim to be of another publisher by its author's URL.
    for url in (normalized.get("url"), *(agent.get("url") for agent in organizations)):
        if url is None:
            continue
        try:
            site = site_from_url(url)
        except ValueError:
            continue
        return site, name or site
    raise Rejected("author: the publisher's site is missing. Give a URL of the review or author.")


def _parse_claimants(value: Any) -> list[Claimant]:
    return [
        Claimant(
            name=_truncate(plain_text(agent["name"]), MAX_NAME_LENGTH),
            is_person=agent["@type"] == "Person",
            role=_truncate(plain_text(agent.get("jobTitle")), MAX_NAME_LENGTH),
            identifiers=tuple(agent.get("sameAs", ()))[:_MAX_IDENTIFIERS],
        )
        for agent in as_list(value)
        if "name" in agent
    ]


def _parse_works(value: Any) -> list[CreativeWork]:
    return [work for item in as_list(value) if (work := _parse_work(item))]


def _parse_work(item: Json) -> CreativeWork | None:
    url = item.get("url", "")
    title = plain_text(item.get("headline") or item.get("name"))
    if not title and not url:
        return None
    published = dates.parse_date(item.get("datePublished"))
    authors = (agent for agent in as_list(item.get("author")) if "name" in agent)
    return CreativeWork(
        url=canonicalize_url(url) if url else "",
        title=_truncate(title or url, MAX_TITLE_LENGTH),
        published=published.date if published else PartialDate.UNKNOWN,
        publisher=_parse_site(item.get("publisher")),
        byline=_truncate(
            ", ".join(plain_text(agent["name"]) for agent in authors), _MAX_BYLINE_LENGTH
        ),
        note=plain_text(item.get("description")),
        exact=plain_text(item.get("text")),
    )


def _parse_site(publisher: Any) -> str:
    """Return the site of a work's publisher if it has a URL."""
    for agent in as_list(publisher):
        try:
            return canonicalize_site(site_from_url(agent["url"]))
        except (KeyError, ValueError):
            continue
    return ""
