"""What a page tells of a review that was brought in: all that its publisher's markup says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from claims.choices import Stance
from claims.exchange.claimreview import dates
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import Json, as_list, plain_text
from claimsapi.core.partial_date import PartialDate

# Of a scale whose markup does not say them (schema.org).
_WORST, _BEST = 1, 5
_NUMBERS: Final = ("ratingValue", "worstRating", "bestRating")


@dataclass(frozen=True, slots=True)
class Named:
    """A person or an organization; ``slug`` leads to the page of a speaker of that name."""

    name: str
    url: str = ""
    role: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A work, by the names that a document has too."""

    title: str
    url: str
    language: str
    publisher: Named | None
    byline: str
    published_date: PartialDate
    note: str
    exact: str


@dataclass(frozen=True, slots=True)
class Told:
    """The markup of one review, as its page shows it.

    ``claim`` and ``headline`` are empty if the page says the same already; ``others`` made the
    review beside its publisher; ``made`` is where the claim was made, in words.
    """

    published: PartialDate
    modified: PartialDate
    claim: str
    headline: str
    rating: str
    numbers: dict[str, Any]
    others: tuple[Named, ...]
    claimants: tuple[Named, ...]
    made: str
    stated: PartialDate
    places: tuple[Place, ...]
    citations: tuple[Place, ...]
    keywords: tuple[str, ...]
    corrections: tuple[tuple[str, PartialDate], ...]


def published_on(markup: str) -> PartialDate:
    """When the review was published, as its publisher says it in the markup that was kept."""
    return _date(load_markup(markup)[0], "datePublished")


def told(agreed: Json, review: Any, version: Any) -> Told:
    """What the agreed form says. The review is one that ``for_markup()`` read."""
    item, rating = agreed.get("itemReviewed", {}), agreed["reviewRating"]
    claim, headline = _plain(agreed, "claimReviewed"), _plain(agreed, "headline")
    speakers = [s.speaker for s in review.claim.statements.all() if s.speaker is not None]
    agents = _agents(agreed.get("author"), agreed.get("publisher"))
    topics = {topic.name for topic in review.claim.topics.all()}
    keywords = [plain_text(word) for word in agreed.get("keywords", ())]
    return Told(
        published=_date(agreed, "datePublished"),
        modified=_date(agreed, "dateModified"),
        claim="" if claim == review.claim.text else claim,
        headline="" if headline == version.headline else headline,
        rating="" if rating.get("name") == rating["alternateName"] else _plain(rating, "name"),
        numbers=_numbers(rating),
        others=tuple(agent for agent in agents if agent.name != review.publisher.name),
        claimants=tuple(
            _agents(item.get("author"), slugs={one.name: one.slug for one in speakers})
        ),
        made=_plain(item, "name"),
        stated=_date(item, "datePublished"),
        places=tuple(_places(item.get("firstAppearance"), item.get("appearance"))),
        citations=tuple(_places(agreed.get("citation"))),
        keywords=tuple(word for word in keywords if word not in topics),
        corrections=tuple(
            (_plain(one, "text"), _date(one, "datePublished"))
            for one in agreed.get("correction", ())
        ),
    )


def statements_not_told(statements: Iterable[Any], said: Told) -> list[Any]:
    """Statements of the desk's that say more than the markup does."""
    names = {claimant.name for claimant in said.claimants}
    words = {"", *(place.exact for place in said.places)}
    return [
        one
        for one in statements
        if one.exact not in words
        or not (one.speaker is None or one.speaker.name in names)
        or not (one.document is None or _is_among(one.document, said.places))
    ]


def evidence_not_told(evidence: Iterable[Any], said: Told) -> list[Any]:
    """Evidence that says more than the markup does: what somebody added at the desk."""
    words = {"", *(place.exact for place in said.citations)}
    notes = {"", *(place.note for place in said.citations)}
    return [
        one
        for one in evidence
        if (one.stance, one.is_primary, one.locator) != (Stance.CONTEXT, False, "")
        or one.exact not in words
        or one.note not in notes
        or not _is_among(one.document, said.citations)
    ]


def _is_among(document: Any, places: Iterable[Place]) -> bool:
    """By address, which a document has without fragment; by title where one of them has none."""
    addresses = {place.url.partition("#")[0] for place in places}
    titles = {place.title for place in places if not (place.url and document.url)}
    return document.url in addresses or document.title in titles


def _plain(found: Json, name: str) -> str:
    return plain_text(found.get(name))


def _date(found: Json, name: str) -> PartialDate:
    when = dates.parse_date(found.get(name))
    return when.date if when is not None else PartialDate.UNKNOWN


def _numbers(rating: Json) -> dict[str, Any]:
    if "ratingValue" not in rating:
        return {}
    return {"worstRating": _WORST, "bestRating": _BEST} | {
        name: rating[name] for name in _NUMBERS if name in rating
    }


def _each(*found: Any) -> Iterator[Json]:
    for value in found:
        yield from as_list(value)


def _agents(*found: Any, slugs: dict[str, str] | None = None) -> list[Named]:
    agents = (
        Named(
            name=_plain(agent, "name") or agent.get("url", ""),
            url=agent.get("url", ""),
            role=_plain(agent, "jobTitle"),
            slug=(slugs or {}).get(_plain(agent, "name"), ""),
        )
        for agent in _each(*found)
    )
    return list({agent.name: agent for agent in agents if agent.name}.values())


def _places(*found: Any) -> Iterator[Place]:
    for work in _each(*found):
        publishers = _agents(work.get("publisher"))
        named = Named(", ".join(agent.name for agent in publishers))
        yield Place(
            title=_plain(work, "headline") or _plain(work, "name") or work.get("url", ""),
            url=work.get("url", ""),
            language=work.get("inLanguage", ""),
            publisher=named if publishers else None,
            byline=", ".join(agent.name for agent in _agents(work.get("author"))),
            published_date=_date(work, "datePublished"),
            note=_plain(work, "description"),
            exact=_plain(work, "text"),
        )
