"""Public HTML pages: without scripts and foreign hosts, with all content of their markup."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from csp.decorators import csp_replace
from django.contrib.auth.models import AnonymousUser
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
from claims.rating_scales import find_markup_range
from claims.search.query import parse_query
from claims.search.text_queries import filter_by_text
from claims.site.decorators import public_page
from claims.site.imported_review import (
    build_imported_review,
    read_published_date,
    select_additional_evidence,
    select_additional_statements,
)
from claimsapi.core.i18n.messages import Message
from claimsapi.core.i18n.translation import translate
from claimsapi.core.text import find_unprintable
from sources.models import Speaker

PAGE_SIZE: Final = 20  # reviews
_MAX_QUERY_LENGTH: Final = 300  # characters
_CURSOR_TIME_FORMAT: Final = "%Y%m%dT%H%M%S.%f"


@public_page
def index(request: HttpRequest) -> HttpResponse:
    """List all reviews, or those that match a search, the newest first."""
    query = request.GET.get("q", "").strip()
    reviews, error = Review.objects.current(), ""
    if query:
        try:
            if len(query) > _MAX_QUERY_LENGTH:
                raise ValueError(
                    Message("A search has at most {number} characters.", number=_MAX_QUERY_LENGTH)
                )
            if unprintable := find_unprintable(query):
                raise ValueError(unprintable)
            claims = filter_by_text(Claim.objects.public(), parse_query(query), AnonymousUser())
            reviews = reviews.filter(claim__in=claims)
        except ValueError as invalid:
            # The page shows the error beside the search form, with status 200.
            reviews, error = reviews.none(), translate(invalid)
    return _render_list(request, reviews, _("Fact checks"), {"query": query, "error": error})


@public_page
def speaker(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a speaker, and list the reviews of their claims."""
    speakers = Speaker.objects.public().prefetch_related("affiliations", "identifiers")
    speaker = get_object_or_404(speakers, slug=slug)
    reviews = Review.objects.current().filter(claim__in=speaker.statements.values("claim"))
    return _render_list(request, reviews, speaker.name, {"speaker": speaker})


@public_page
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """List the reviews of claims about a topic."""
    topic = get_object_or_404(Topic.objects.public(), slug=slug)
    return _render_list(request, Review.objects.current().filter(claim__topics=topic), topic.name)


def _render_list(
    request: HttpRequest,
    reviews: ReviewQuerySet,
    title: str,
    extra_context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Render one keyset page of reviews, the newest first."""
    cursor = request.GET.get("before", "")
    # One row more than a page tells whether another page follows.
    rows = list(reviews.newest_first(_parse_cursor(cursor)).for_lists()[: PAGE_SIZE + 1])
    next_url = ""
    if len(rows) > PAGE_SIZE:
        rows = rows[:PAGE_SIZE]
        parameters = request.GET.copy()
        parameters["before"] = _format_cursor(rows[-1])
        next_url = f"?{parameters.urlencode()}"
    context = {
        "entries": [_list_entry(row) for row in rows],
        "title": title,
        "next_url": next_url,
        "is_start": not cursor,
        "page_url": absolute_url(request.path),
        **(extra_context or {}),
    }
    return render(request, "public/list.html", context)


def _parse_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    """Parse the publication time and the key after which a page starts; 404 if malformed."""
    if not cursor:
        return None
    time, _separator, key = cursor.partition("_")
    try:
        return datetime.strptime(time, _CURSOR_TIME_FORMAT).replace(tzinfo=UTC), UUID(key)
    except ValueError:
        raise Http404 from None


def _format_cursor(review: Any) -> str:
    version = review.public_versions[0]
    return f"{version.published_at:{_CURSOR_TIME_FORMAT}}_{version.public_id}"


def _list_entry(review: Any) -> dict[str, Any]:
    """Return the context of a list entry; an imported review has its publisher's date."""
    version = review.public_versions[0]
    return {
        "review": review,
        "version": version,
        "is_imported": review.origin == ReviewOrigin.IMPORTED,
        "published_date": read_published_date(version.markup) if version.markup else None,
    }


@public_page
def review(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a review: claim, statements, rating, reasoning, evidence and corrections."""
    review = get_object_or_404(Review.objects.public().for_markup(), slug=slug)
    page_url = review_url(review)
    # None for a retracted review, whose text stays readable here.
    markup, version = serialize_review(review, page_url), review.public_versions[0]
    statements, evidence = list(review.claim.statements.all()), list(version.evidence.all())
    imported = None
    if version.markup:
        normalized = markup or load_markup(version.markup)[0]
        imported = build_imported_review(normalized, review, version)
        statements = select_additional_statements(statements, imported)
        evidence = select_additional_evidence(evidence, imported)
    context = {
        "review": review,
        "version": version,
        "imported": imported,
        "statements": statements,
        "evidence": evidence,
        "is_published": markup is not None,
        "numbers": imported.numbers if imported else _rating_numbers(version.rating),
        "first": review.public_versions[-1],
        "corrections": [v for v in review.public_versions if v.number > 1],
        # Safe: dump_for_script() escapes everything that could end the script element.
        "markup": mark_safe(dump_for_script(markup)) if markup else "",  # noqa: S308
        "page_url": page_url,
        "oembed": f"{absolute_url(reverse('oembed'))}?url={page_url}",
    }
    return render(request, "public/review.html", context)


def _rating_numbers(rating: Any) -> dict[str, Any]:
    """Return a rating's number and its scale as in the markup; empty without a scale."""
    markup_range = find_markup_range(sibling.value for sibling in rating.scale.ratings.all())
    if rating.value is None or markup_range is None:
        return {}
    worst, best = markup_range
    return {"ratingValue": rating.value, "worstRating": worst, "bestRating": best}


@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@public_page
def card(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a review in short, for a frame on another site."""
    review = get_object_or_404(Review.objects.public().for_lists(), slug=slug)
    version = review.public_versions[0]
    context = {
        "review": review,
        "version": version,
        "is_published": version.state == VersionState.PUBLISHED,
        "page_url": review_url(review),
    }
    return render(request, "public/card.html", context)
