"""The addresses under ``/v1alpha1/``, as Google's clients ask for them."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from claims.exchange.factcheck import page_service
from claims.exchange.factcheck.pages import Listing, Page
from claims.exchange.factcheck.requests import (
    body_of,
    given,
    mask_of,
    method_of,
    served,
    shown,
    signed_in,
)
from claims.exchange.factcheck.responses import Refused
from claims.exchange.factcheck.search import Search

_SEARCH: Final = frozenset(
    {
        "query",
        "languageCode",
        "reviewPublisherSiteFilter",
        "maxAgeDays",
        "pageSize",
        "pageToken",
        "offset",
    }
)
_LIST: Final = frozenset({"url", "organization", "pageSize", "pageToken", "offset"})


@served
def search(request: HttpRequest) -> HttpResponse:
    """Claims that were reviewed, with their reviews."""
    if method_of(request) != "GET":
        raise _not_served(request)
    asked = given(request, _SEARCH)
    mask = mask_of(asked)
    return shown(Search.asked(asked).answer(), asked, mask)


@served
def image_search(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    raise Refused(501, "Claims are not searched by images here.")


@served
def pages(request: HttpRequest) -> HttpResponse:
    """The pages of an organization, or the one at an address; a new one."""
    user = signed_in(request)
    match method_of(request):
        case "GET":
            asked = given(request, _LIST, by_token=True)
            mask = mask_of(asked)
            return shown(Listing.asked(asked, user).answer(), asked, mask, private=True)
        case "POST":
            return _written(
                request, lambda: page_service.page_create(body=body_of(request), user=user)
            )
    raise _not_served(request)


@served
def page(request: HttpRequest, page_id: str) -> HttpResponse:
    """One page."""
    user = signed_in(request)
    match method_of(request):
        case "GET":
            asked = given(request, by_token=True)
            mask = mask_of(asked)
            return shown(Page.named(page_id, user).body(), asked, mask, private=True)
        case "PUT":
            return _written(
                request,
                lambda: page_service.page_update(page_id=page_id, body=body_of(request), user=user),
            )
        case "DELETE":
            return _written(request, lambda: page_service.page_delete(page_id=page_id, user=user))
    raise _not_served(request)


def _written(request: HttpRequest, write: Callable[[], dict[str, Any]]) -> HttpResponse:
    """Read how the answer is to look before anything is changed."""
    asked = given(request, by_token=True)
    mask = mask_of(asked)
    return shown(write(), asked, mask, private=True)


def _not_served(request: HttpRequest) -> Refused:
    return Refused(405, f"{request.method} is not served here.")


@served
def not_found(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  Django's
    raise Refused(404, "There is nothing at this address.")
