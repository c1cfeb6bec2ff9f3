"""What programs read of the public pages: feeds, maps of the site, cards for other sites."""

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
from claims.site.decorators import public
from sources.models import Speaker

_ENTRIES: Final = 50
_ADDRESSES: Final = 20_000  # in a part of the map; the protocol allows 50,000
_WIDTH, _HEIGHT = 600, 320  # pixels of a card
_XML: Final = "application/xml; charset=utf-8"
_NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


@public
def atom(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """The newest reviews of this desk's own (RFC 4287): an import is no news of ours."""
    address = absolute_url(reverse("review-feed"))
    feed = Feed(
        title="Fact checks",
        link=absolute_url(reverse("review-index")),
        description="The newest published reviews.",
        subtitle="The newest published reviews.",
        feed_url=address,
        feed_guid=address,
    )
    own = Review.objects.current().filter(origin=ReviewOrigin.OWN)
    for review in own.newest_first().for_lists()[:_ENTRIES]:
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


@public
def oembed(request: HttpRequest) -> HttpResponse:
    """A card for another site (oEmbed 1.0, type ``rich``)."""
    if request.GET.get("format", "json") != "json":
        return HttpResponse("Only format=json is served.", status=501, content_type="text/plain")
    review = _embedded(request.GET.get("url", ""))
    width, height = (_most(request, "maxwidth", _WIDTH), _most(request, "maxheight", _HEIGHT))
    source = absolute_url(reverse("review-card", args=[review.slug]))
    answer = {
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
    response = JsonResponse(answer)
    response["Access-Control-Allow-Origin"] = "*"
    return response


def _embedded(url: str) -> Any:
    """The review whose page has this address."""
    try:
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
    # What was retracted has a card too: it says so.
    found = Review.objects.public().select_related("claim", "publisher")
    return get_object_or_404(found, slug=match.kwargs["slug"])


def _most(request: HttpRequest, name: str, otherwise: int) -> int:
    asked = request.GET.get(name, "")
    fits = asked.isascii() and asked.isdecimal() and len(asked) < 6
    return min(otherwise, int(asked)) if fits else otherwise


@public
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """What crawlers are asked to leave alone, and where the map is (RFC 9309)."""
    lines = [
        "User-agent: *",
        "Disallow: /desk/",
        "Disallow: /api/",
        "Allow: /api/v1/reviews/",
        "Allow: /api/v1/corrections.atom",
        f"Sitemap: {absolute_url(reverse('sitemap-index'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _mapped() -> list[Any]:
    """What is in the map, part after part: reviews of this desk's own, then speakers and topics.

    Imported reviews are not: their publishers' own pages are where they are to be found.
    """
    return [
        Review.objects.current().filter(origin=ReviewOrigin.OWN).order_by("pk"),
        Speaker.objects.public().order_by("pk"),
        Topic.objects.public().order_by("pk"),
    ]


@public
def sitemap_index(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    """The parts of the map (sitemaps.org)."""
    parts = range(1, 1 + sum(-(-rows.count() // _ADDRESSES) for rows in _mapped()))
    body = "".join(
        f"<sitemap><loc>{absolute_url(reverse('sitemap', args=[number]))}</loc></sitemap>"
        for number in parts
    )
    return _xml(f'<sitemapindex xmlns="{_NAMESPACE}">{body}</sitemapindex>')


@public
def sitemap(request: HttpRequest, number: int) -> HttpResponse:  # noqa: ARG001  Django's
    """A part of the map."""
    for rows in _mapped():
        parts = -(-rows.count() // _ADDRESSES)
        if 1 <= number <= parts:
            start = (number - 1) * _ADDRESSES
            body = "".join(_places(rows[start : start + _ADDRESSES]))
            return _xml(f'<urlset xmlns="{_NAMESPACE}">{body}</urlset>')
        number -= parts
    raise Http404


def _places(rows: Any) -> Iterator[str]:
    names = {Review: "review-page", Speaker: "speaker-page", Topic: "topic-page"}
    for slug, changed in rows.values_list("slug", "updated_at"):
        address = absolute_url(reverse(names[rows.model], args=[slug]))
        # The page of a speaker or topic changes with each review, the record does not.
        when = f"<lastmod>{changed:%Y-%m-%d}</lastmod>" if rows.model is Review else ""
        yield f"<url><loc>{escape(address)}</loc>{when}</url>"


def _xml(body: str) -> HttpResponse:
    return HttpResponse(f'<?xml version="1.0" encoding="utf-8"?>{body}', content_type=_XML)
