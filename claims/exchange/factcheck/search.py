"""``claims:search``: published reviews by text, publisher, language and age."""

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
from claims.exchange.factcheck.requests import Parameters
from claims.exchange.factcheck.responses import ApiError
from claims.models import Claim, Review, ReviewVersion, Statement
from claims.public_urls import review_url
from claims.search.query import parse_first_terms
from claims.search.text_queries import filter_by_text
from claimsapi.core.text import find_unprintable
from sources.canonical import canonicalize_site

_SALT: Final = "claims.exchange.factcheck.search"
_DEFAULT_SIZE, _MAX_SIZE = 10, 100  # claims in a response
_MAX_QUERY: Final = 5000  # characters
_MAX_AGE: Final = 500_000  # days: larger numbers could lead to dates before year 1


@dataclass(frozen=True, slots=True)
class Search:
    """One search: its filters, and the position in the results."""

    query: str = ""
    language: str = ""
    site: str = ""
    age: int | None = None  # days
    size: int = _DEFAULT_SIZE
    offset: int = 0
    before: UUID | None = None  # the id of the last claim of the previous response

    @classmethod
    def from_parameters(cls, parameters: Parameters) -> "Search":
        """Read the parameters of a request. Raises ``ApiError`` for an invalid one."""
        query = parameters.get("query").strip()
        site = parameters.get("reviewPublisherSiteFilter")
        if not query and not site:
            raise ApiError(400, "Send a query or a publisher's site.", "query")
        if len(query) > _MAX_QUERY:
            raise ApiError(400, f"query: the maximum is {_MAX_QUERY:,} characters.", "query")
        if problem := find_unprintable(query):
            raise ApiError(400, f"query: {problem}", "query")
        try:
            site = canonicalize_site(site) if site else ""
        except ValueError as error:
            raise ApiError(400, str(error), "reviewPublisherSiteFilter") from None
        search = cls(
            query=query,
            language=_parse_language(parameters.get("languageCode")),
            site=site,
            age=parameters.get_integer("maxAgeDays"),
            size=min(parameters.get_integer("pageSize") or _DEFAULT_SIZE, _MAX_SIZE),
            offset=parameters.get_offset(),
        )
        if token := parameters.get("pageToken"):
            return search.continue_from(token)
        return search

    def continue_from(self, token: str) -> "Search":
        """Return the continuation of the same search after the claims of an earlier response."""
        try:
            signature, last = signing.loads(token, salt=_SALT)
            before = UUID(last)
        except (signing.BadSignature, ValueError, TypeError):
            raise ApiError(400, "pageToken: this token is invalid.", "pageToken") from None
        if signature != self._signature():
            message = "pageToken: this token belongs to a search with other parameters."
            raise ApiError(400, message, "pageToken")
        return replace(self, before=before)

    def execute(self) -> dict[str, Any]:
        """Return the response: claims with their reviews, newest first, and a token for more."""
        reviews = self._filter_reviews()
        # A subquery instead of a join: a claim with several reviews appears once.
        claims: Any = Claim.objects.filter(pk__in=reviews.values("claim")).order_by("-public_id")
        if self.query:
            claims = filter_by_text(claims, parse_first_terms(self.query), AnonymousUser())
        if self.before is not None:
            # The id of the last claim, not an offset: new claims do not shift the pages.
            claims = claims.filter(public_id__lt=self.before)
        # The markup of imported versions has the date of the review. The body is not needed.
        versions = ReviewVersion.objects.filter(state=VersionState.PUBLISHED)
        versions = versions.select_related("rating").defer("body")
        # The filter by age joins the versions, which can repeat a review: distinct.
        claim_reviews = reviews.select_related("publisher").order_by("pk").distinct()
        claim_reviews = claim_reviews.prefetch_related(
            Prefetch("versions", versions, to_attr="published_versions")
        )
        statements = Statement.objects.select_related("speaker").order_by("created_at", "public_id")
        page = list(
            claims.prefetch_related(
                Prefetch("reviews", claim_reviews, to_attr="matching_reviews"),
                Prefetch("statements", statements, to_attr="ordered_statements"),
            )[self.offset : self.offset + self.size + 1]  # one more shows whether there are more
        )
        has_more = len(page) > self.size
        page = page[: self.size]
        for claim in page:
            # A review may have been retracted between the queries.
            claim.matching_reviews = [r for r in claim.matching_reviews if r.published_versions]
        return drop_empty(
            {
                "claims": [_serialize_claim(claim) for claim in page if claim.matching_reviews],
                "nextPageToken": self._make_token(page[-1].public_id) if has_more else "",
            }
        )

    def _filter_reviews(self) -> QuerySet[Any]:
        reviews: Any = Review.objects.current()
        if self.site:
            reviews = reviews.filter(publisher__site=self.site)
        if self.language:
            tag = self.language
            in_language = Q(claim__language=tag) | Q(claim__language__startswith=f"{tag}-")
            reviews = reviews.filter(in_language)
        if self.age is not None:
            since = timezone.now() - timedelta(days=min(self.age, _MAX_AGE))
            # In Google's API, the age is that of the review or of the claim.
            recent = Statement.objects.filter(stated_on__gte=since.date()).values("claim")
            reviews = reviews.filter(
                Q(versions__state=VersionState.PUBLISHED, versions__published_at__gte=since)
                | Q(claim__in=recent)
            )
        return reviews  # type: ignore[no-any-return]

    def _signature(self) -> str:
        """A digest of the parameters that must stay the same while a client reads the results."""
        parameters = json.dumps([self.query, self.language, self.site, self.age, self.size])
        return hashlib.sha256(parameters.encode()).hexdigest()[:16]

    def _make_token(self, last: UUID) -> str:
        return signing.dumps([self._signature(), str(last)], salt=_SALT)


def _parse_language(tag: str) -> str:
    """Return the language of a tag (BCP 47), without its region."""
    language = tag.strip().replace("_", "-").partition("-")[0].lower()
    if language and not (language.isascii() and language.isalpha() and len(language) <= 8):
        message = f"languageCode: {tag[:40]!r} is not a language tag."
        raise ApiError(400, message, "languageCode")
    return language


def _serialize_claim(claim: Any) -> dict[str, Any]:
    statements = claim.ordered_statements
    speakers = [s.speaker.name for s in statements if s.speaker is not None]
    # The API has full dates only: the first day of a month or year would be a false date.
    days = sorted(s.stated_on for s in statements if s.stated_precision == "day")
    return drop_empty(
        {
            "text": claim.text,
            "claimant": speakers[0] if speakers else "",
            "claimDate": f"{days[0].isoformat()}T00:00:00Z" if days else "",
            "claimReview": [_serialize_review(review, claim) for review in claim.matching_reviews],
        }
    )


def _serialize_review(review: Any, claim: Any) -> dict[str, Any]:
    version, publisher = review.published_versions[0], review.publisher
    return drop_empty(
        {
            "publisher": {"name": publisher.name, "site": publisher.site},
            "url": review.original_url or review_url(review),
            "title": version.headline,
            "reviewDate": _review_date(version),
            "textualRating": version.rating.label,
            "languageCode": claim.language,
        }
    )


def _review_date(version: Any) -> str:
    """Return the publication date of a review; an empty text if the day is unknown.

    For an imported review it is the date in its markup. Its ``published_at`` is only the time of
    the import, unless an editor published it here.
    """
    if version.markup:
        review = load_markup(version.markup)[0]
        for value in (review.get("datePublished"), review.get("dateModified")):
            parsed = parse_date(value)
            if parsed is not None and parsed.date.precision == "day":
                return format_timestamp(parsed.timestamp)
        if version.editor_id is None:
            return ""
    return format_timestamp(version.published_at)
