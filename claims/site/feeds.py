"""Public resources for programs: Atom feed, sitemap, robots.txt and oEmbed."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve, reverse
from django.utils.html import escape, format_html

from claims.choices import ReviewOrigin
from claims.exchange.atom import Feed, replace_invalid_xml
from claims.models import Review, Topic
from claims.public_urls import absolute_url, review_url
from claims.site.decorators import public_resource
from claimsapi.core.text import parse_digits
from sources.models import Speaker

_MAX_ENTRIES: Final = 50
_URLS_PER_SITEMAP: Final = 20_000  # the protocol allows 50,000
_MAX_WIDTH, _MAX_HEIGHT = 600, 320  # pixels of a card
_XML_TYPE: Final = "application/xml; charset=utf-8"
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@public_resource
def atom(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """Serve the newest reviews of this desk as Atom (RFC 4287), without imported reviews."""
    feed_url = absolute_url(reverse("review-feed"))
    feed = Feed(
        title="Fact checks",
        link=absolute_url(reverse("review-index")),
        description="The newest published reviews.",
        subtitle="The newest published reviews.",
        feed_url=feed_url,
        feed_guid=feed_url,
    )
    own = Review.objects.current().filter(origin=ReviewOrigin.OWN)
    for review in own.newest_first().for_lists()[:_MAX_ENTRIES]:
        version = review.public_versions[0]
        feed.add_item(
            link=review_url(review),
            unique_id=f"urn:uuid:{review.public_id}",
            title=replace_invalid_xml(f"{version.rating.label}: {review.claim.text}"),
            description=replace_invalid_xml(
                format_html("<p>{}</p>", version.summary or version.headline)
            ),
            author_name=replace_invalid_xml(review.publisher.name),
            pubdate=review.public_versions[-1].published_at,
            updateddate=version.published_at,
        )
    return HttpResponse(
        feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8"
    )


@public_resource
def oembed(request: HttpRequest) -> HttpResponse:
    """Describe the card of a review for another site (oEmbed 1.0, type ``rich``)."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only format=json is served.", status=501, content_type="text/plain")
    review = _get_review_by_url(request.GET.get("url", ""))
    width, height = (
        _requested_size(request, "maxwidth", _MAX_WIDTH),
        _requested_size(request, "maxheight", _MAX_HEIGHT),
    )
    source = absolute_url(reverse("review-card", args=[review.slug]))
    card = {
        "version": "1.0",
        "type": "rich",
        "title": review.claim.text,
        "provider_name": review.publisher.name,
        "provider_url": absolute_url(reverse("review-index")),
        "cache_age": 3600,
        "width": width,
        "height": height,
        "html": format_html(
            '<iframe src="{}" width="{}" height="{}" title="{}" loading="lazy"'
            ' sandbox="allow-popups allow-top-navigation-by-user-activation"></iframe>',
            source,
            width,
            height,
            f"Fact check: {review.claim.text}",
        ),
    }
    response = JsonResponse(card)
    # Pages of other sites fetch oEmbed with scripts.
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _get_review_by_url(url: str) -> Any:
    """Return the review whose public page has this URL, or raise 404."""
    try:
        # Browsers read a backslash as a slash, urlsplit() does not.
        parts = urlsplit("" if "\\" in url else url[:2000])
    except ValueError:
        raise Http404 from None
    if f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        raise Http404
    try:
        match = resolve(parts.path)
    except Resolver404:
        raise Http404 from None
    if match.view_name != "review-page":
        raise Http404
    # A retracted review has a card too, which shows the retraction.
    reviews = Review.objects.public().select_related("claim", "publisher")
    return get_object_or_404(reviews, slug=match.kwargs["slug"])


def _requested_size(request: HttpRequest, name: str, maximum: int) -> int:
    """Return the size that the query asks for, at most the maximum; ignore a malformed one."""
    size = parse_digits(request.GET.get(name, ""), 5)
    return maximum if size is None else min(maximum, size)


@public_resource
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """Serve the rules for crawlers, and the URL of the sitemap (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /desk/",
        "Disallow: /api/",
        "Allow: /api/v1/reviews/",
        "Allow: /api/v1/corrections.atom",
        f"Sitemap: {absolute_url(reverse('sitemap-index'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _sitemap_querysets() -> list[Any]:
    """Return the records of the sitemap in order: own reviews, speakers, topics.

    Imported reviews are left out: search engines should find their publishers' pages.
    """
    return [
        Review.objects.current().filter(origin=ReviewOrigin.OWN).order_by("pk"),
        Speaker.objects.public().order_by("pk"),
        Topic.objects.public().order_by("pk"),
    ]


@public_resource
def sitemap_index(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """Serve the sitemap index (sitemaps.org), which lists the parts."""
    parts = range(
        1, 1 + sum(-(-rows.count() // _URLS_PER_SITEMAP) for rows in _sitemap_querysets())
    )
    body = "".join(
        f"<sitemap><loc>{absolute_url(reverse('sitemap', args=[number]))}</loc></sitemap>"
        for number in parts
    )
    return _xml_response(f'<sitemapindex xmlns="{_NAMESPACE}">{body}</sitemapindex>')


@public_resource
def sitemap(request: HttpRequest, number: int) -> HttpResponse:  # noqa: ARG001  Django's
    """Serve one part of the sitemap."""
    for rows in _sitemap_querysets():
        parts = -(-rows.count() // _URLS_PER_SITEMAP)
        if 1 <= number <= parts:
            start = (number - 1) * _URLS_PER_SITEMAP
            body = "".join(_render_urls(rows[start : start + _URLS_PER_SITEMAP]))
            return _xml_response(f'<urlset xmlns="{_NAMESPACE}">{body}</urlset>')
        number -= parts
    raise Http404


def _render_urls(rows: Any) -> Iterator[str]:
    url_names = {Review: "review-page", Speaker: "speaker-page", Topic: "topic-page"}
    for slug, updated_at in rows.values_list("slug", "updated_at"):
        url = absolute_url(reverse(url_names[rows.model], args=[slug]))
        # Only for reviews: a new review changes the pages of its speakers, but not their records.
        lastmod = f"<lastmod>{updated_at:%Y-%m-%d}</lastmod>" if rows.model is Review else ""
        yield f"<url><loc>{escape(url)}</loc>{lastmod}</url>"


def _xml_response(body: str) -> HttpResponse:
    return HttpResponse(f'<?xml version="1.0" encoding="utf-8"?>{body}', content_type=_XML_TYPE)
