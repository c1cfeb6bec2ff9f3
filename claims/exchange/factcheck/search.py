"""``claims:search``: published reviews by words, publisher, language and age."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from claims.choices import VersionState
from claims.exchange.claimreview.dates import format_timestamp, parse_date
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import drop_empty
from claims.exchange.factcheck.requests import number_of, offset_of
from claims.exchange.factcheck.responses import Refused
from claims.models import Claim, Review, ReviewVersion, Statement
from claims.public_urls import review_url
from claims.search.full_text import filter_by_text
from claims.search.query import parse_first_terms
from claimsapi.core.text import find_unprintable
from sources.canonical import canonicalize_site

_SALT: Final = "claims.exchange.factcheck.search"
_DEFAULT, _MOST = 10, 100  # claims of a page
_LONGEST: Final = 5000


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and where in what was found a page begins."""

    query: str = ""
    language: str = ""
    site: str = ""
    age: int | None = None
    size: int = _DEFAULT
    offset: int = 0
    before: UUID | None = None

    @classmethod
    def asked(cls, given: dict[str, str]) -> "Search":
        """Read the parameters; ``Refused`` says which one does not fit."""
        query, site = given.get("query", "").strip(), given.get("reviewPublisherSiteFilter", "")
        if not query and not site:
            fault = "Give a query, or the site of a publisher."
            raise Refused(400, fault, "query")
        if len(query) > _LONGEST or find_unprintable(query):
            raise Refused(400, "The query is too long, or holds what cannot be shown.", "query")
        try:
            site = canonicalize_site(site) if site else ""
        except ValueError as error:
            raise Refused(400, str(error), "reviewPublisherSiteFilter") from None
        search = cls(
            query=query,
            language=_language(given.get("languageCode", "")),
            site=site,
            age=number_of(given, "maxAgeDays"),
            size=min(number_of(given, "pageSize") or _DEFAULT, _MOST),
            offset=offset_of(given),
        )
        if token := given.get("pageToken", ""):
            return search.from_token(token)
        return search

    def _what(self) -> str:
        """What is looked for, and how many at once: a token is good for the same only."""
        what = json.dumps([self.query, self.language, self.site, self.age, self.size])
        return hashlib.sha256(what.encode()).hexdigest()[:16]

    def from_token(self, token: str) -> "Search":
        """The same search from where a token leads."""
        try:
            what, last = signing.loads(token, salt=_SALT)
            before = UUID(last)
        except (signing.BadSignature, ValueError, TypeError):
            raise Refused(400, "This is no token of this search.", "pageToken") from None
        if what != self._what():
            raise Refused(400, "The token is of a search with other parameters.", "pageToken")
        return replace(self, before=before)

    def token(self, last: UUID) -> str:
        """What leads to the page after the claim with this id."""
        return signing.dumps([self._what(), str(last)], salt=_SALT)

    def reviews(self) -> QuerySet[Any]:
        """The reviews among which is looked."""
        found: Any = Review.objects.current()
        if self.site:
            found = found.filter(publisher__site=self.site)
        if self.language:
            tag = self.language
            found = found.filter(Q(claim__language=tag) | Q(claim__language__startswith=f"{tag}-"))
        if self.age is not None:
            since = timezone.now() - timedelta(days=min(self.age, 1_000_000 // 2))
            recent = Statement.objects.filter(stated_on__gte=since.date()).values("claim")
            found = found.filter(
                Q(versions__state=VersionState.PUBLISHED, versions__published_at__gte=since)
                | Q(claim__in=recent)
            )
        return found  # type: ignore[no-any-return]

    def answer(self) -> dict[str, Any]:
        """The page that is asked for."""
        reviews = self.reviews()
        claims: Any = Claim.objects.filter(pk__in=reviews.values("claim")).order_by("-public_id")
        if self.query:
            claims = filter_by_text(claims, parse_first_terms(self.query), AnonymousUser())
        if self.before is not None:
            claims = claims.filter(public_id__lt=self.before)
        shown = reviews.select_related("publisher").prefetch_related(
            Prefetch("versions", _standing(), to_attr="current")
        )
        said = Statement.objects.select_related("speaker").order_by("created_at", "public_id")
        page = list(
            claims.prefetch_related(
                Prefetch("reviews", shown.order_by("pk").distinct(), to_attr="shown"),
                Prefetch("statements", said, to_attr="said"),
            )[self.offset : self.offset + self.size + 1]
        )
        more = len(page) > self.size
        page = page[: self.size]
        for claim in page:
            # One that was retracted since the query before stands no more.
            claim.shown = [review for review in claim.shown if review.current]
        return drop_empty(
            {
                "claims": [_claim(claim) for claim in page if claim.shown],
                "nextPageToken": self.token(page[-1].public_id) if more else "",
            }
        )


def _standing() -> QuerySet[Any]:
    # With the markup, which imported ones alone have: it says when they were published.
    found: QuerySet[Any] = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
    return found.select_related("rating").defer("body")


def _language(tag: str) -> str:
    """The language of a tag (BCP 47), without its region."""
    language = tag.strip().replace("_", "-").partition("-")[0].lower()
    if language and not (language.isascii() and language.isalpha() and len(language) <= 8):
        raise Refused(400, f"{tag[:40]!r} is no language tag.", "languageCode")
    return language


def _claim(claim: Any) -> dict[str, Any]:
    speakers = [s.speaker.name for s in claim.said if s.speaker is not None]
    # A date known to the month or year would be a false day.
    days = sorted(s.stated_on for s in claim.said if s.stated_precision == "day")
    return drop_empty(
        {
            "text": claim.text,
            "claimant": speakers[0] if speakers else "",
            "claimDate": f"{days[0].isoformat()}T00:00:00Z" if days else "",
            "claimReview": [_review(review, claim) for review in claim.shown],
        }
    )


def _review(review: Any, claim: Any) -> dict[str, Any]:
    version, publisher = review.current[0], review.publisher
    return drop_empty(
        {
            "publisher": {"name": publisher.name, "site": publisher.site},
            "url": review.original_url or review_url(review),
            "title": version.headline,
            "reviewDate": _reviewed(version),
            "textualRating": version.rating.label,
            "languageCode": claim.language,
        }
    )


def _reviewed(version: Any) -> str:
    """When it was reviewed, as its publisher says it; none if nobody knows the day.

    What was imported without a date was published here by nobody: the moment that it has is that of
    its import.
    """
    if version.markup:
        agreed = load_markup(version.markup)[0]
        for said in (parse_date(agreed.get(name)) for name in ("datePublished", "dateModified")):
            if said is not None and said.date.precision == "day":
                return format_timestamp(said.timestamp)
        if version.editor_id is None:
            return ""
    return format_timestamp(version.published_at)
