"""Reviews as linked data: schema.org's ClaimReview and DataFeed in JSON-LD."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from rest_framework.request import Request

from claims import models
from claims.exchange.claimreview import dates
from claims.exchange.claimreview.serializer import (
    dump_for_script,
    serialize_feed_item,
    serialize_review,
)
from claims.exchange.claimreview.vocabulary import CONTEXT
from claims.public_urls import review_url
from claimsapi.core.api.filters import StrictFilterBackend
from claimsapi.core.api.json_media import JSONRenderer
from claimsapi.core.api.pagination import KeysetPagination


class LinkedDataRenderer(JSONRenderer):
    """JSON-LD (W3C). It renders problem documents only: reviews are serialized by the mixin."""

    media_type = "application/ld+json"
    format = "ld"


class LinkedDataMixin:
    """Answers ``Accept: application/ld+json`` with the public markup of published reviews."""

    action: str

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()  # type: ignore[misc]
        # Only these two actions have a JSON-LD form.
        if self.action in {"list", "retrieve"}:
            renderers.append(LinkedDataRenderer())
        return renderers

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A review. As `application/ld+json`: its ClaimReview, if a version is published."""
        if request.accepted_renderer.format != "ld":
            return super().retrieve(request, *args, **kwargs)  # type: ignore[misc]
        reviews = models.Review.objects.current().for_markup()
        review = get_object_or_404(reviews, public_id=kwargs["id"])
        markup = serialize_review(review, review_url(review))
        # It may be retracted between the query and the read of its versions.
        if markup is None:
            raise Http404
        response = _json_ld_response(markup)
        response["Last-Modified"] = http_date(review.updated_at.timestamp())
        return response

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Reviews. As `application/ld+json`: a `DataFeed` of their ClaimReviews.

        With `changed_since` it contains everything that a copy must fetch again. A retracted review
        is an item with its `dateDeleted`.
        """
        if request.accepted_renderer.format != "ld":
            return super().list(request, *args, **kwargs)  # type: ignore[misc]
        view: Any = self
        filterset = StrictFilterBackend().get_valid_filterset(
            request, view.get_visible_queryset(), view
        )
        page = KeysetPagination().paginate(view.get_key_source(filterset), request, view)
        # Only reviews with a slug have a page, and so a URL for their item.
        rows = models.Review.objects.public().filter(slug__isnull=False, pk__in=page.keys)
        reviews = {review.pk: review for review in rows.for_markup()}
        response = _json_ld_response(
            {
                "@context": CONTEXT,
                "@type": "DataFeed",
                "dataFeedElement": [
                    _feed_item(reviews[key]) for key in page.keys if key in reviews
                ],
            }
        )
        if links := page.link_header():
            response["Link"] = links
        return response


def _feed_item(review: Any) -> dict[str, Any]:
    url = review_url(review)
    markup = serialize_review(review, url)
    if markup is not None:
        return serialize_feed_item(markup)
    # Without a published version, the newest public version is retracted.
    closed_at = review.public_versions[0].closed_at
    return {
        "@type": "DataFeedItem",
        "url": review.original_url or url,
        "dateDeleted": dates.format_timestamp(closed_at),
    }


def _json_ld_response(value: Any) -> HttpResponse:
    return HttpResponse(dump_for_script(value).encode(), content_type=LinkedDataRenderer.media_type)
