"""What a ClaimReview in its agreed form says, as the few things that a review is made of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from claims.exchange.claimreview import dates
from claims.exchange.claimreview.vocabulary import Json, Rejected, each, plain
from claimsapi.core.partial_date import PartialDate
from sources.canonical import canonical_site, canonical_url, site_from_url

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


def parse_review(agreed: Json) -> ParsedReview:
    """What the markup says; ``Rejected`` if its publisher is unknown."""
    item = agreed.get("itemReviewed", {})
    rating = agreed["reviewRating"]
    site, name = _publisher(agreed)
    published, modified = (
        dates.when(agreed.get("datePublished")),
        dates.when(agreed.get("dateModified")),
    )
    stated = dates.when(item.get("datePublished"))
    works = [*_works(item.get("firstAppearance")), *_works(item.get("appearance"))]
    return ParsedReview(
        identifier=agreed.get("url") or plain(agreed["identifier"]),
        claim=claim_of(agreed),
        label=_cut(plain(rating["alternateName"]), LONGEST_LABEL),
        site=site,
        publisher=_cut(name, LONGEST_NAME),
        headline=_cut(plain(agreed.get("name") or agreed.get("headline")), LONGEST_HEADLINE),
        summary=plain(rating.get("ratingExplanation")),
        body=plain(agreed.get("reviewBody")),
        language=agreed.get("inLanguage", ""),
        published=published.moment if published else None,
        published_on=published.date if published else PartialDate.UNKNOWN,
        modified=modified.moment if modified else None,
        stated=stated.date if stated else PartialDate.UNKNOWN,
        claimants=tuple(_claimants(item.get("author"))[:_MOST]),
        appearances=tuple({(work.url or work.title): work for work in reversed(works)}.values())[
            ::-1
        ][:_MOST],
        evidence=tuple(_works(agreed.get("citation"))[:_MOST]),
        topics=tuple(_cut(plain(word), 120) for word in agreed.get("keywords", ()))[:_MOST],
        corrections=tuple(
            plain(one["text"]) for one in agreed.get("correction", ()) if "text" in one
        ),
    )


def claim_of(agreed: Json) -> str:
    """The claim that was reviewed, in its publisher's words."""
    return plain(agreed["claimReviewed"])


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _publisher(agreed: Json) -> tuple[str, str]:
    """Site and name of who published the review: the site is that of its page."""
    agents = [*each(agreed.get("author")), *each(agreed.get("publisher"))]
    organizations = [agent for agent in agents if agent["@type"] != "Person"]
    name = next((plain(agent["name"]) for agent in organizations if "name" in agent), "")
    urls = [agreed.get("url"), *(agent.get("url") for agent in organizations)]
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
            name=_cut(plain(agent["name"]), LONGEST_NAME),
            is_person=agent["@type"] == "Person",
            role=_cut(plain(agent.get("jobTitle")), LONGEST_NAME),
            identifiers=tuple(agent.get("sameAs", ()))[:_MOST_ADDRESSES],
        )
        for agent in each(value)
        if "name" in agent
    ]


def _works(value: Any) -> list[CreativeWork]:
    return [work for item in each(value) if (work := _work(item))]


def _work(item: Json) -> CreativeWork | None:
    url = item.get("url", "")
    title = plain(item.get("headline") or item.get("name"))
    if not title and not url:
        return None
    published = dates.when(item.get("datePublished"))
    return CreativeWork(
        url=canonical_url(url) if url else "",
        title=_cut(title or url, LONGEST_TITLE),
        published=published.date if published else PartialDate.UNKNOWN,
        publisher=_agent_site(item.get("publisher")),
        byline=_cut(
            ", ".join(
                plain(agent["name"]) for agent in each(item.get("author")) if "name" in agent
            ),
            300,
        ),
        note=plain(item.get("description")),
        exact=plain(item.get("text")),
    )


def _agent_site(value: Any) -> str:
    """The site of a work's publisher, if it gives an address."""
    for agent in each(value):
        try:
            return canonical_site(site_from_url(agent["url"]))
        except (KeyError, ValueError):
            continue
    return ""
