"""What a ClaimReview in its agreed form says, as the few things that a review is made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from claims.exchange.claimreview import dates
from claims.exchange.claimreview.vocabulary import Json, Rejected, as_list, plain_text
from claimsapi.core.partial_date import PartialDate
from sources.canonical import canonicalize_site, canonicalize_url, site_from_url

LONGEST_LABEL: Final = 200
LONGEST_NAME: Final = 200
LONGEST_TITLE: Final = 500
LONGEST_HEADLINE: Final = 300
_MOST: Final = 50  # claimants, works or topics of one review that become records
_MOST_ADDRESSES: Final = 10  # of one claimant


@dataclass(frozen=True, slots=True)
class CreativeWork:
    """Something in which a claim appears, or that is evidence: its address or its name is known."""

    url: str
    title: str
    published: PartialDate = PartialDate.UNKNOWN
    publisher: str = ""
    byline: str = ""
    note: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who made a claim, as the markup names them."""

    name: str
    is_person: bool = True
    role: str = ""
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParsedReview:
    """A review as it was found. ``identifier`` names it at its publisher, and is its address."""

    identifier: str
    claim: str
    label: str
    site: str
    publisher: str
    headline: str = ""
    summary: str = ""
    body: str = ""
    language: str = ""
    published: datetime | None = None
    published_on: PartialDate = PartialDate.UNKNOWN
    modified: datetime | None = None
    stated: PartialDate = PartialDate.UNKNOWN
    claimants: tuple[Claimant, ...] = ()
    appearances: tuple[CreativeWork, ...] = ()
    evidence: tuple[CreativeWork, ...] = ()
    topics: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()

    @property
    def who_and_where(self) -> tuple[object, ...]:
        """What statements are made of."""
        return self.claimants, self.appearances, self.stated

    @property
    def classified(self) -> tuple[object, ...]:
        """What the claim is filed under."""
        return self.topics, self.language


def parse_review(normalized: Json) -> ParsedReview:
    """What the markup says; ``Rejected`` if its publisher is unknown."""
    item = normalized.get("itemReviewed", {})
    rating = normalized["reviewRating"]
    site, name = _publisher(normalized)
    published, modified = (
        dates.parse_date(normalized.get("datePublished")),
        dates.parse_date(normalized.get("dateModified")),
    )
    stated = dates.parse_date(item.get("datePublished"))
    works = [*_works(item.get("firstAppearance")), *_works(item.get("appearance"))]
    return ParsedReview(
        identifier=normalized.get("url") or plain_text(normalized["identifier"]),
        claim=parse_claim(normalized),
        label=_cut(plain_text(rating["alternateName"]), LONGEST_LABEL),
        site=site,
        publisher=_cut(name, LONGEST_NAME),
        headline=_cut(
            plain_text(normalized.get("name") or normalized.get("headline")), LONGEST_HEADLINE
        ),
        summary=plain_text(rating.get("ratingExplanation")),
        body=plain_text(normalized.get("reviewBody")),
        language=normalized.get("inLanguage", ""),
        published=published.timestamp if published else None,
        published_on=published.date if published else PartialDate.UNKNOWN,
        modified=modified.timestamp if modified else None,
        stated=stated.date if stated else PartialDate.UNKNOWN,
        claimants=tuple(_claimants(item.get("author"))[:_MOST]),
        appearances=tuple({(work.url or work.title): work for work in reversed(works)}.values())[
            ::-1
        ][:_MOST],
        evidence=tuple(_works(normalized.get("citation"))[:_MOST]),
        topics=tuple(_cut(plain_text(word), 120) for word in normalized.get("keywords", ()))[
            :_MOST
        ],
        corrections=tuple(
            plain_text(one["text"]) for one in normalized.get("correction", ()) if "text" in one
        ),
    )


def parse_claim(normalized: Json) -> str:
    """The claim that was reviewed, in its publisher's words."""
    return plain_text(normalized["claimReviewed"])


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _publisher(normalized: Json) -> tuple[str, str]:
    """Site and name of who published the review: the site is that of its page."""
    agents = [*as_list(normalized.get("author")), *as_list(normalized.get("publisher"))]
    organizations = [agent for agent in agents if agent["@type"] != "Person"]
    name = next((plain_text(agent["name"]) for agent in organizations if "name" in agent), "")
    urls = [normalized.get("url"), *(agent.get("url") for agent in organizations)]
    for url in urls:
        if url is None:
            continue
        try:
            site = site_from_url(url)
        except ValueError:
            continue
        return site, name or site
    raise Rejected("author: no address says which site published the review.")


def _claimants(value: Any) -> list[Claimant]:
    return [
        Claimant(
            name=_cut(plain_text(agent["name"]), LONGEST_NAME),
            is_person=agent["@type"] == "Person",
            role=_cut(plain_text(agent.get("jobTitle")), LONGEST_NAME),
            identifiers=tuple(agent.get("sameAs", ()))[:_MOST_ADDRESSES],
        )
        for agent in as_list(value)
        if "name" in agent
    ]


def _works(value: Any) -> list[CreativeWork]:
    return [work for item in as_list(value) if (work := _work(item))]


def _work(item: Json) -> CreativeWork | None:
    url = item.get("url", "")
    title = plain_text(item.get("headline") or item.get("name"))
    if not title and not url:
        return None
    published = dates.parse_date(item.get("datePublished"))
    return CreativeWork(
        url=canonicalize_url(url) if url else "",
        title=_cut(title or url, LONGEST_TITLE),
        published=published.date if published else PartialDate.UNKNOWN,
        publisher=_agent_site(item.get("publisher")),
        byline=_cut(
            ", ".join(
                plain_text(agent["name"])
                for agent in as_list(item.get("author"))
                if "name" in agent
            ),
            300,
        ),
        note=plain_text(item.get("description")),
        exact=plain_text(item.get("text")),
    )


def _agent_site(value: Any) -> str:
    """The site of a work's publisher, if it gives an address."""
    for agent in as_list(value):
        try:
            return canonicalize_site(site_from_url(agent["url"]))
        except (KeyError, ValueError):
            continue
    return ""
