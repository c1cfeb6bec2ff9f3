"""Reviews as linked data: ClaimReview of schema.org, one of them or a feed."""

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
    """JSON-LD (W3C); what it renders is a problem, since reviews are written by their own rules."""

    media_type = "application/ld+json"
    format = "ld"


class LinkedDataMixin:
    """Answers ``Accept: application/ld+json`` with what the public sees of reviews that stand."""

    action: str

    def get_renderers(self) -> list[Any]:
        renderers: list[Any] = super().get_renderers()  # type: ignore[misc]
        if self.action in {"list", "retrieve"}:
            renderers.append(LinkedDataRenderer())
        return renderers

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """A review. As `application/ld+json` its ClaimReview, if a version of it stands."""
        if request.accepted_renderer.format != "ld":
            return super().retrieve(request, *args, **kwargs)  # type: ignore[misc]
        standing = models.Review.objects.current().for_markup()
        review = get_object_or_404(standing, public_id=kwargs["id"])
        found = serialize_review(review, review_url(review))
        if found is None:  # it was retracted after it was found to stand
            raise Http404
        response = _answer(found)
        response["Last-Modified"] = http_date(review.updated_at.timestamp())
        return response

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Reviews. As `application/ld+json` a `DataFeed` of their ClaimReviews.

        With `changed_since` that is all that a copy of it has to read again: what was retracted is
        an item with its `dateDeleted`.
        """
        if request.accepted_renderer.format != "ld":
            return super().list(request, *args, **kwargs)  # type: ignore[misc]
        view: Any = self
        filterset = StrictFilterBackend().get_valid_filterset(
            request, view.get_visible_queryset(), view
        )
        page = KeysetPagination().paginate(view.get_key_source(filterset), request, view)
        shown = models.Review.objects.public().filter(slug__isnull=False, pk__in=page.keys)
        reviews = {review.pk: review for review in shown.for_markup()}
        response = _answer(
            {
                "@context": CONTEXT,
                "@type": "DataFeed",
                "dataFeedElement": [_item(reviews[key]) for key in page.keys if key in reviews],
            }
        )
        if links := page.link_header():
            response["Link"] = links
        return response


def _item(review: Any) -> dict[str, Any]:
    page = review_url(review)
    found = serialize_review(review, page)
    if found is not None:
        return serialize_feed_item(found)
    closed = review.public_versions[0].closed_at
    return {
        "@type": "DataFeedItem",
        "url": review.original or page,
        "dateDeleted": dates.format_timestamp(closed),
    }


def _answer(value: Any) -> HttpResponse:
    return HttpResponse(dump_for_script(value).encode(), content_type=LinkedDataRenderer.media_type)
