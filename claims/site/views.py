"""Pages of HTML: they need no script, contact no other host and say what the markup says."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from csp.decorators import csp_replace
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt

from claims.choices import ReviewOrigin, VersionState
from claims.exchange.claimreview.normalizer import load_markup
from claims.exchange.claimreview.serializer import dump_for_script, serialize_review
from claims.models import Claim, Review, Topic
from claims.public_urls import absolute_url, review_url
from claims.querysets import ReviewQuerySet
from claims.search.full_text import filter_by_text
from claims.search.query import parse_query
from claims.site.decorators import page
from claims.site.imported_review import evidence_not_told, published_on, statements_not_told, told
from claimsapi.core.i18n.messages import Message
from claimsapi.core.i18n.translation import translate
from claimsapi.core.text import find_unprintable
from sources.models import Speaker

SHOWN: Final = 20  # reviews on a page of a list
_LONGEST_SEARCH: Final = 300


@page
def index(request: HttpRequest) -> HttpResponse:
    """All reviews, the newest first, or those that a search finds."""
    asked = request.GET.get("q", "").strip()
    reviews, fault = Review.objects.current(), ""
    if asked:
        try:
            if len(asked) > _LONGEST_SEARCH:
                raise ValueError(
                    Message("A search has at most {number} characters.", number=_LONGEST_SEARCH)
                )
            if fault := find_unprintable(asked):
                raise ValueError(fault)
            found = filter_by_text(Claim.objects.public(), parse_query(asked), AnonymousUser())
            reviews = reviews.filter(claim__in=found)
        except ValueError as error:
            reviews, fault = reviews.none(), translate(error)
    return _listed(request, reviews, _("Fact checks"), {"asked": asked, "fault": fault})


@page
def speaker(request: HttpRequest, slug: str) -> HttpResponse:
    """Who said it, and the reviews of what they said."""
    found = get_object_or_404(
        Speaker.objects.public().prefetch_related("affiliations", "identifiers"), slug=slug
    )
    reviews = Review.objects.current().filter(_said_by(found))
    return _listed(request, reviews, found.name, {"speaker": found})


def _said_by(found: Speaker) -> Q:
    return Q(claim__in=found.statements.values("claim"))


@page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """The reviews of claims about a topic."""
    found = get_object_or_404(Topic.objects.public(), slug=slug)
    return _listed(request, Review.objects.current().filter(claim__topics=found), found.name, {})


def _place(before: str) -> tuple[datetime, UUID] | None:
    """The place in the list that a page goes on from."""
    moment, _, key = before.partition("_")
    try:
        at = datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC) if before else None
        return (at, UUID(key)) if at is not None else None
    except ValueError:
        raise Http404 from None


def _listed(
    request: HttpRequest, reviews: ReviewQuerySet, title: str, more: dict[str, Any]
) -> HttpResponse:
    before = request.GET.get("before", "")
    shown = list(reviews.newest_first(_place(before)).for_lists()[: SHOWN + 1])
    following = ""
    if len(shown) > SHOWN:
        shown = shown[:SHOWN]
        query = request.GET.copy()
        last = shown[-1].public_versions[0]
        query["before"] = f"{last.published_at:%Y%m%dT%H%M%S.%f}_{last.public_id}"
        following = f"?{query.urlencode()}"
    context = {
        "entries": [_entry(review) for review in shown],
        "title": title,
        "following": following,
        "is_start": not before,
        "address": absolute_url(request.path),
        **more,
    }
    return render(request, "public/list.html", context)


def _entry(review: Any) -> dict[str, Any]:
    """What a list says of a review: of one that was brought in its publisher's own date."""
    version = review.public_versions[0]
    return {
        "review": review,
        "version": version,
        "is_imported": review.origin == ReviewOrigin.IMPORTED,
        "published": published_on(version.markup) if version.markup else None,
    }


@page
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """A review: the claim, who said it and where, the rating and why, and what was corrected."""
    found = get_object_or_404(Review.objects.public().for_markup(), slug=slug)
    address = review_url(found)
    markup, version = serialize_review(found, address), found.public_versions[0]
    statements, evidence = list(found.claim.statements.all()), list(version.evidence.all())
    imported = None
    if version.markup:
        # Of what was retracted too, whose text stays readable.
        imported = told(markup or load_markup(version.markup)[0], found, version)
        statements = statements_not_told(statements, imported)
        evidence = evidence_not_told(evidence, imported)
    context = {
        "review": found,
        "version": version,
        "imported": imported,
        "statements": statements,
        "evidence": evidence,
        "stands": markup is not None,
        "numbers": imported.numbers if imported else _numbers(version.rating),
        "first": found.public_versions[-1],
        "corrections": [v for v in found.public_versions if v.number > 1],
        # as_json leaves nothing in it that could end the script element.
        "markup": mark_safe(dump_for_script(markup)) if markup else "",  # noqa: S308
        "address": address,
        "oembed": f"{absolute_url(reverse('oembed'))}?url={address}",
    }
    return render(request, "public/review.html", context)


def _numbers(rating: Any) -> dict[str, Any]:
    """A rating's number on its scale, as the markup has it; of what was retracted too."""
    numbers = [one.value for one in rating.scale.ratings.all() if one.value is not None]
    if rating.value is None or len(set(numbers)) < 2:
        return {}
    return {"ratingValue": rating.value, "worstRating": min(numbers), "bestRating": max(numbers)}


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@page
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """A review in short, which other sites show in a frame."""
    found = get_object_or_404(Review.objects.public().for_lists(), slug=slug)
    version = found.public_versions[0]
    context = {
        "review": found,
        "version": version,
        "stands": version.state == VersionState.PUBLISHED,
        "address": review_url(found),
    }
    return render(request, "public/card.html", context)
