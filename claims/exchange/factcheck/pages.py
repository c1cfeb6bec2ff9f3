"""The pages of ClaimReview markup: what our reviews say that were brought in as such.

A page is no record of its own: it is the imported reviews of a site of ours at one address, each
named by it and an anchor at the most. It is called by the id of the oldest of them.
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
from claims.exchange.factcheck.markup import markup_of, page_fields
from claims.exchange.factcheck.requests import number_of, offset_of
from claims.exchange.factcheck.responses import Refused
from claims.models import Review, ReviewVersion
from claimsapi.core.database.functions import WithoutFragment
from claimsapi.core.models import User
from sources.canonical import canonicalize_site, canonicalize_url, site_from_url

LIVING: Final = (*OPEN_STATES, VersionState.PUBLISHED)
_SALT: Final = "claims.exchange.factcheck.pages"
_DEFAULT, _MOST = 10, 50  # pages of an answer


def reviews_of_pages(user: User) -> QuerySet[Any]:
    """The reviews that pages are made of, as far as this account may see them.

    Each with the address of its page as ``page``, and its newest version first in ``seen``.
    """
    versions = ReviewVersion.objects.visible_to(user).order_by("-number")
    found: Any = Review.objects.visible_to(user).filter(
        Q(identifier__startswith="https://") | Q(identifier__startswith="http://"),
        origin=ReviewOrigin.IMPORTED,
        publisher__site__in=settings.FACTCHECK_SITES,
    )
    pages: QuerySet[Any] = (
        found.annotate(page=WithoutFragment("identifier"))
        .select_related("claim")
        .prefetch_related(Prefetch("versions", versions, to_attr="seen"))
        .order_by("pk")
    )
    return pages


def reviews_at(url: str, user: User) -> QuerySet[Any]:
    """Those of the page at a canonical address."""
    return reviews_of_pages(user).filter(page=url, publisher__site=site_from_url(url))


@dataclass(frozen=True, slots=True)
class Page:
    """The reviews at an address, the oldest first, those that were withdrawn among them."""

    url: str
    reviews: tuple[Any, ...]

    @classmethod
    def at(cls, url: str, user: User) -> "Page":
        """The page at a canonical address; without reviews if there is none."""
        return cls(url, tuple(reviews_at(url, user)))

    @classmethod
    def named(cls, page_id: str, user: User) -> "Page":
        """The page with this id; ``Refused`` if there is none."""
        try:
            named = UUID(page_id)
        except ValueError:
            named = None
        found = reviews_of_pages(user).filter(public_id=named).values_list("page", flat=True)
        url = found.first() if named else None
        page = cls.at(url, user) if url is not None else None
        if page is None or not page.standing:
            raise Refused(404, "There is no such page.", "name")
        return page

    @property
    def name(self) -> str:
        return f"pages/{self.reviews[0].public_id}"

    @property
    def standing(self) -> list[tuple[Any, Any]]:
        """What stands on it: each review that was not withdrawn, with its newest version."""
        found = []
        for review in self.reviews:
            newest = next((one for one in review.seen if one.state in LIVING), None)
            if newest is not None and newest.markup:
                found.append((review, newest))
        return found

    @property
    def version_id(self) -> str:
        """Another one after every change of what this account sees of the page."""
        states = [
            [str(review.public_id), str(newest.public_id), newest.revision, newest.state]
            for review, newest in self.standing
        ]
        digest = hashlib.sha256(json.dumps(states).encode()).digest()
        return base64.urlsafe_b64encode(digest[:15]).decode()

    def body(self) -> dict[str, Any]:
        """The page as it is answered."""
        agreed = [load_markup(newest.markup)[0] for _, newest in self.standing]
        return drop_empty(
            {
                "name": self.name,
                "pageUrl": self.url,
                **page_fields(agreed[0]),
                "versionId": self.version_id,
                "claimReviewMarkups": [markup_of(one) for one in agreed],
            }
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """Which pages are asked for, and where among them an answer begins.

    ``url`` is the address of the one page; without it all pages of ``site`` are meant.
    """

    user: User
    url: str = ""
    site: str = ""
    size: int = _DEFAULT
    offset: int = 0
    before: UUID | None = None

    @classmethod
    def asked(cls, given: dict[str, str], user: User) -> "Listing":
        """Read the parameters; ``Refused`` says which one does not fit."""
        url, site = given.get("url", ""), given.get("organization", "")
        if bool(url) == bool(site):
            raise Refused(400, "Give a url or an organization, and not both.", "url")
        try:
            url = canonicalize_url(url) if url else ""
            site = site_from_url(url) if url else canonicalize_site(site)
        except ValueError as error:
            raise Refused(400, str(error), "url" if url else "organization") from None
        size = min(number_of(given, "pageSize") or _DEFAULT, _MOST)
        listing = cls(user, url, site, size, offset_of(given))
        if not url and (token := given.get("pageToken", "")):
            return listing.from_token(token)
        return listing

    def from_token(self, token: str) -> "Listing":
        """The same list from where a token leads."""
        try:
            *what, last = signing.loads(token, salt=_SALT)
            before = UUID(last)
        except (signing.BadSignature, ValueError, TypeError, AttributeError):
            raise Refused(400, "This is no token of this list.", "pageToken") from None
        if what != self._what():
            raise Refused(400, "The token is of a list with other parameters.", "pageToken")
        return replace(self, before=before)

    def answer(self) -> dict[str, Any]:
        if self.url:
            page = Page.at(self.url, self.user)
            return {"claimReviewMarkupPages": [page.body()]} if page.standing else {}
        found, more = self._page()
        # One that was withdrawn since the query before stands no more.
        bodies = [page.body() for page in found if page.standing]
        token = signing.dumps([*self._what(), _id(found[-1])], salt=_SALT) if more else ""
        return drop_empty({"claimReviewMarkupPages": bodies, "nextPageToken": token})

    def _what(self) -> list[Any]:
        return [self.site, self.size]

    def _page(self) -> tuple[list[Page], bool]:
        """The pages of the organization, the newest first."""
        reviews = reviews_of_pages(self.user).filter(publisher__site=self.site)
        versions = ReviewVersion.objects.visible_to(self.user).filter(state__in=LIVING)
        living = Exists(versions.filter(review=OuterRef("pk")).exclude(markup=""))
        pages = (
            reviews.order_by()
            .values("page")
            .annotate(first=Min("pk"), living=Count("pk", filter=Q(living)))
            .filter(living__gt=0)
            .order_by("-first")
        )
        if self.before is not None:
            oldest = Review.objects.filter(public_id=self.before).values("pk")[:1]
            pages = pages.filter(first__lt=oldest)
        addresses = [row["page"] for row in pages[self.offset : self.offset + self.size + 1]]
        found = _by_page(reviews.filter(page__in=addresses[: self.size]))
        return [found[url] for url in addresses[: self.size]], len(addresses) > self.size


def _by_page(reviews: Iterable[Any]) -> dict[str, Page]:
    found: dict[str, list[Any]] = defaultdict(list)
    for review in reviews:
        found[review.page].append(review)
    return {url: Page(url, tuple(those)) for url, those in found.items()}


def _id(page: Page) -> str:
    return str(page.reviews[0].public_id)
