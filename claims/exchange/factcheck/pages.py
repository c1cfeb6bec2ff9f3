"""Pages of ClaimReview markup: the imported reviews of our own sites, grouped by URL.

A page is not a record. It consists of the imported reviews whose identifier is its URL, with or
without a fragment. Its id is the public id of the oldest of them.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db.models import Count, Exists, Min, OuterRef, Prefetch, Q, QuerySet

from claims.choices import OPEN_STATES, ReviewOrigin, VersionState
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.vocabulary import drop_empty
from claims.exchange.factcheck.markup import serialize_markup, serialize_page_fields
from claims.exchange.factcheck.requests import Parameters
from claims.exchange.factcheck.responses import ApiError
from claims.models import Review, ReviewVersion
from claimsapi.core.database.functions import WithoutFragment
from claimsapi.core.models import User
from sources.canonical import canonicalize_site, canonicalize_url, site_from_url

LIVE_STATES: Final = (*OPEN_STATES, VersionState.PUBLISHED)  # of versions that are on a page
_SALT: Final = "claims.exchange.factcheck.pages"
_DEFAULT_SIZE, _MAX_SIZE = 10, 50  # pages in a response


def find_page_reviews(user: User) -> QuerySet[Any]:
    """Return the reviews of all pages that this account may see.

    Each review has the URL of its page as ``page_url``, and its versions, newest first, as
    ``visible_versions``.
    """
    versions = ReviewVersion.objects.visible_to(user).order_by("-number")
    reviews: Any = Review.objects.visible_to(user).filter(
        # Identifiers of imported tables are not URLs.
        Q(identifier__startswith="https://") | Q(identifier__startswith="http://"),
        origin=ReviewOrigin.IMPORTED,
        publisher__site__in=settings.FACTCHECK_SITES,
    )
    page_reviews: QuerySet[Any] = (
        reviews.annotate(page_url=WithoutFragment("identifier"))
        .select_related("claim")
        .prefetch_related(Prefetch("versions", versions, to_attr="visible_versions"))
        .order_by("pk")
    )
    return page_reviews


def find_reviews_of_page(url: str, user: User) -> QuerySet[Any]:
    """Return the reviews of the page with a canonical URL."""
    # The publisher is necessary: the index claims_review_page begins with it.
    return find_page_reviews(user).filter(page_url=url, publisher__site=site_from_url(url))


@dataclass(frozen=True, slots=True)
class Page:
    """The reviews of a URL, oldest first, including withdrawn reviews."""

    url: str
    reviews: tuple[Any, ...]

    @classmethod
    def load(cls, url: str, user: User) -> "Page":
        """Return the page with a canonical URL. A missing page has no reviews."""
        return cls(url, tuple(find_reviews_of_page(url, user)))

    @classmethod
    def load_by_id(cls, page_id: str, user: User) -> "Page":
        """Return the page with an id. Raises ``ApiError`` if it does not exist."""
        try:
            public_id = UUID(page_id)
        except ValueError:
            raise _page_not_found() from None
        reviews = find_page_reviews(user).filter(public_id=public_id)
        url = reviews.values_list("page_url", flat=True).first()
        page = cls.load(url, user) if url is not None else None
        if page is None or not page.live_reviews:
            raise _page_not_found()
        return page

    @property
    def name(self) -> str:
        return f"pages/{self.reviews[0].public_id}"

    @property
    def live_reviews(self) -> list[tuple[Any, Any]]:
        """The reviews that are not withdrawn, each with its newest version."""
        pairs = []
        for review in self.reviews:
            versions = (v for v in review.visible_versions if v.state in LIVE_STATES)
            newest = next(versions, None)
            if newest is not None and newest.markup:
                pairs.append((review, newest))
        return pairs

    @property
    def version_id(self) -> str:
        """A digest that changes with every change that this account can see on the page."""
        states = [
            [str(review.public_id), str(newest.public_id), newest.revision, newest.state]
            for review, newest in self.live_reviews
        ]
        digest = hashlib.sha256(json.dumps(states).encode()).digest()
        # 15 bytes fill 20 characters of base64 without padding.
        return base64.urlsafe_b64encode(digest[:15]).decode()

    def serialize(self) -> dict[str, Any]:
        """Return the page in the API's form."""
        reviews = [load_markup(newest.markup)[0] for _, newest in self.live_reviews]
        return drop_empty(
            {
                "name": self.name,
                "pageUrl": self.url,
                **serialize_page_fields(reviews[0]),
                "versionId": self.version_id,
                "claimReviewMarkups": [serialize_markup(review) for review in reviews],
            }
        )


def _page_not_found() -> ApiError:
    return ApiError(404, "This page does not exist.", "name")


@dataclass(frozen=True, slots=True)
class PageList:
    """One request for pages: the page of a ``url``, or the pages of a ``site``, newest first."""

    user: User
    url: str = ""
    site: str = ""
    size: int = _DEFAULT_SIZE
    offset: int = 0
    before: UUID | None = None  # the id of the last page of the previous response

    @classmethod
    def from_parameters(cls, parameters: Parameters, user: User) -> "PageList":
        """Read the parameters of a request. Raises ``ApiError`` for an invalid one."""
        url, site = parameters.get("url"), parameters.get("organization")
        if bool(url) == bool(site):
            raise ApiError(400, "Send either url or organization.", "url")
        try:
            url = canonicalize_url(url) if url else ""
            site = site_from_url(url) if url else canonicalize_site(site)
        except ValueError as error:
            raise ApiError(400, str(error), "url" if url else "organization") from None
        size = min(parameters.get_integer("pageSize") or _DEFAULT_SIZE, _MAX_SIZE)
        page_list = cls(user, url, site, size, parameters.get_offset())
        if not url and (token := parameters.get("pageToken")):
            return page_list.continue_from(token)
        return page_list

    def continue_from(self, token: str) -> "PageList":
        """Return the continuation of the same list after the pages of an earlier response."""
        try:
            # The signature keeps clients from inventing positions, such as ids of hidden reviews.
            *signature, last = signing.loads(token, salt=_SALT)
            before = UUID(last)
        except (signing.BadSignature, ValueError, TypeError, AttributeError):
            raise ApiError(400, "pageToken: this token is invalid.", "pageToken") from None
        if signature != self._signature():
            message = "pageToken: this token belongs to a list with other parameters."
            raise ApiError(400, message, "pageToken")
        return replace(self, before=before)

    def serialize(self) -> dict[str, Any]:
        """Return the response: the pages, and a token if there are more."""
        if self.url:
            page = Page.load(self.url, self.user)
            return {"claimReviewMarkupPages": [page.serialize()]} if page.live_reviews else {}
        pages, has_more = self._load_pages()
        token = ""
        if has_more:
            last_id = str(pages[-1].reviews[0].public_id)
            token = signing.dumps([*self._signature(), last_id], salt=_SALT)
        return drop_empty(
            {
                # A page may have been withdrawn between the two queries.
                "claimReviewMarkupPages": [page.serialize() for page in pages if page.live_reviews],
                "nextPageToken": token,
            }
        )

    def _signature(self) -> list[Any]:
        """The parameters that must stay the same while a client pages through the list."""
        return [self.site, self.size]

    def _load_pages(self) -> tuple[list[Page], bool]:
        """Return the pages of the site, newest first, and whether there are more.

        The first query selects URLs, the second one loads all their reviews: their number differs
        between pages.
        """
        reviews = find_page_reviews(self.user).filter(publisher__site=self.site)
        versions = ReviewVersion.objects.visible_to(self.user).filter(state__in=LIVE_STATES)
        is_live = Exists(versions.filter(review=OuterRef("pk")).exclude(markup=""))
        rows = (
            reviews.order_by()
            .values("page_url")
            # Primary keys grow with time, so the smallest one gives the age of the page.
            .annotate(oldest=Min("pk"), live=Count("pk", filter=Q(is_live)))
            .filter(live__gt=0)
            .order_by("-oldest")
        )
        if self.before is not None:
            last = Review.objects.filter(public_id=self.before).values("pk")[:1]
            rows = rows.filter(oldest__lt=last)
        # One row more than the size shows whether there are more.
        urls = [row["page_url"] for row in rows[self.offset : self.offset + self.size + 1]]
        pages = _group_by_page(reviews.filter(page_url__in=urls[: self.size]))
        return [pages[url] for url in urls[: self.size]], len(urls) > self.size


def _group_by_page(reviews: Iterable[Any]) -> dict[str, Page]:
    reviews_by_url: dict[str, list[Any]] = defaultdict(list)
    for review in reviews:
        reviews_by_url[review.page_url].append(review)
    return {url: Page(url, tuple(group)) for url, group in reviews_by_url.items()}
