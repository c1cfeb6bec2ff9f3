"""View model of an imported review: the content of its publisher's markup."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from claims.choices import Stance
from claims.exchange.claimreview import dates
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import (
    DEFAULT_BEST_RATING,
    DEFAULT_WORST_RATING,
    Json,
    as_list,
    plain_text,
)
from claimsapi.core.partial_date import PartialDate

_RATING_NUMBERS: Final = ("ratingValue", "worstRating", "bestRating")


@dataclass(frozen=True, slots=True)
class Agent:
    """A person or an organization; ``slug`` identifies the page of a speaker with that name."""

    name: str
    url: str = ""
    role: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Work:
    """An article, post or other source, with the attributes of ``Document`` that pages show."""

    title: str
    url: str
    language: str
    publisher: Agent | None
    byline: str
    published_date: PartialDate
    note: str
    exact: str


@dataclass(frozen=True, slots=True)
class ImportedReview:
    """The markup of one review, as its page shows it.

    ``claim`` and ``headline`` are empty if the page shows the same text already. ``co_authors`` are
    the authors beside the publisher. ``occasion`` describes where the claim was made.
    """

    published_date: PartialDate
    modified_date: PartialDate
    claim: str
    headline: str
    rating: str
    numbers: dict[str, Any]
    co_authors: tuple[Agent, ...]
    claimants: tuple[Agent, ...]
    occasion: str
    claimed_date: PartialDate
    appearances: tuple[Work, ...]
    citations: tuple[Work, ...]
    keywords: tuple[str, ...]
    corrections: tuple[tuple[str, PartialDate], ...]


def read_published_date(markup: str) -> PartialDate:
    """Return the publisher's date of the review, from the stored markup."""
    return _date(load_markup(markup)[0], "datePublished")


def build_imported_review(normalized: Json, review: Any, version: Any) -> ImportedReview:
    """Build the view model from the normalized form of the markup.

    ``review`` comes from ``ReviewQuerySet.for_markup()``, so this function runs no query.
    """
    item, rating = normalized.get("itemReviewed", {}), normalized["reviewRating"]
    claim, headline = _text(normalized, "claimReviewed"), _text(normalized, "headline")
    statements = review.claim.statements.all()
    slugs = {s.speaker.name: s.speaker.slug for s in statements if s.speaker is not None}
    agents = _agents(normalized.get("author"), normalized.get("publisher"))
    topics = {topic.name for topic in review.claim.topics.all()}
    keywords = [plain_text(word) for word in normalized.get("keywords", ())]
    return ImportedReview(
        published_date=_date(normalized, "datePublished"),
        modified_date=_date(normalized, "dateModified"),
        claim="" if claim == review.claim.text else claim,
        headline="" if headline == version.headline else headline,
        rating="" if rating.get("name") == rating["alternateName"] else _text(rating, "name"),
        numbers=_numbers(rating),
        co_authors=tuple(agent for agent in agents if agent.name != review.publisher.name),
        claimants=tuple(_agents(item.get("author"), slugs=slugs)),
        occasion=_text(item, "name"),
        claimed_date=_date(item, "datePublished"),
        appearances=tuple(_works(item.get("firstAppearance"), item.get("appearance"))),
        citations=tuple(_works(normalized.get("citation"))),
        keywords=tuple(word for word in keywords if word not in topics),
        corrections=tuple(
            (_text(correction, "text"), _date(correction, "datePublished"))
            for correction in normalized.get("correction", ())
        ),
    )


def select_additional_statements(statements: Iterable[Any], imported: ImportedReview) -> list[Any]:
    """Return the statements with content that the markup does not have."""
    names = {claimant.name for claimant in imported.claimants}
    quotes = {"", *(work.exact for work in imported.appearances)}
    return [
        statement
        for statement in statements
        if statement.exact not in quotes
        or not (statement.speaker is None or statement.speaker.name in names)
        or not (statement.document is None or _is_among(statement.document, imported.appearances))
    ]


def select_additional_evidence(evidence: Iterable[Any], imported: ImportedReview) -> list[Any]:
    """Return the evidence with content that the markup does not have: additions by the desk."""
    quotes = {"", *(work.exact for work in imported.citations)}
    notes = {"", *(work.note for work in imported.citations)}
    return [
        item
        for item in evidence
        # The importer sets exactly these values.
        if (item.stance, item.is_primary, item.locator) != (Stance.CONTEXT, False, "")
        or item.exact not in quotes
        or item.note not in notes
        or not _is_among(item.document, imported.citations)
    ]


def _is_among(document: Any, works: Iterable[Work]) -> bool:
    """Whether one of the works is the document: by URL, or by title if either has no URL."""
    # Documents have URLs without a fragment.
    urls = {work.url.partition("#")[0] for work in works}
    titles = {work.title for work in works if not (work.url and document.url)}
    return document.url in urls or document.title in titles


def _text(markup: Json, name: str) -> str:
    return plain_text(markup.get(name))


def _date(markup: Json, name: str) -> PartialDate:
    date = dates.parse_date(markup.get(name))
    return date.date if date is not None else PartialDate.UNKNOWN


def _numbers(rating: Json) -> dict[str, Any]:
    if "ratingValue" not in rating:
        return {}
    return {"worstRating": DEFAULT_WORST_RATING, "bestRating": DEFAULT_BEST_RATING} | {
        name: rating[name] for name in _RATING_NUMBERS if name in rating
    }


def _objects(*values: Any) -> Iterator[Json]:
    for value in values:
        yield from as_list(value)


def _agents(*values: Any, slugs: dict[str, str] | None = None) -> list[Agent]:
    agents = (
        Agent(
            name=_text(markup, "name") or markup.get("url", ""),
            url=markup.get("url", ""),
            role=_text(markup, "jobTitle"),
            slug=(slugs or {}).get(_text(markup, "name"), ""),
        )
        for markup in _objects(*values)
    )
    # One agent per name: author and publisher are often the same organization.
    return list({agent.name: agent for agent in agents if agent.name}.values())


def _works(*values: Any) -> Iterator[Work]:
    for markup in _objects(*values):
        publishers = _agents(markup.get("publisher"))
        publisher = Agent(", ".join(agent.name for agent in publishers))
        yield Work(
            title=_text(markup, "headline") or _text(markup, "name") or markup.get("url", ""),
            url=markup.get("url", ""),
            language=markup.get("inLanguage", ""),
            publisher=publisher if publishers else None,
            byline=", ".join(agent.name for agent in _agents(markup.get("author"))),
            published_date=_date(markup, "datePublished"),
            note=_text(markup, "description"),
            exact=_text(markup, "text"),
        )
