"""Endpoints of the Fact Check Tools API under ``/v1alpha1/``."""

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from claims.exchange.factcheck.page_service import create_page, delete_page, update_page
from claims.exchange.factcheck.pages import Page, PageList
from claims.exchange.factcheck.requests import (
    authenticate,
    endpoint,
    get_method,
    read_json_body,
    read_parameters,
)
from claims.exchange.factcheck.responses import ApiError
from claims.exchange.factcheck.search import Search

_SEARCH_PARAMETERS: Final = frozenset(
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
_LIST_PARAMETERS: Final = frozenset({"url", "organization", "pageSize", "pageToken", "offset"})


@endpoint
def search(request: HttpRequest) -> HttpResponse:
    """Search claims and return them with their published reviews."""
    if get_method(request) != "GET":
        raise _method_not_allowed(request)
    parameters = read_parameters(request, _SEARCH_PARAMETERS)
    return parameters.render(Search.from_parameters(parameters).execute())


@endpoint
def image_search(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    raise ApiError(501, "This server does not search by images.")


@endpoint
def pages(request: HttpRequest) -> HttpResponse:
    """List the pages of an organization or get the page of a URL; create a page."""
    # Authentication comes first: without a token, no response depends on the request.
    user = authenticate(request)
    match get_method(request):
        case "GET":
            parameters = read_parameters(request, _LIST_PARAMETERS, by_token=True)
            page_list = PageList.from_parameters(parameters, user)
            return parameters.render(page_list.serialize(), private=True)
        case "POST":
            return _write(request, lambda: create_page(body=read_json_body(request), user=user))
    raise _method_not_allowed(request)


@endpoint
def page(request: HttpRequest, page_id: str) -> HttpResponse:
    """Get, update or delete a page."""
    user = authenticate(request)
    match get_method(request):
        case "GET":
            parameters = read_parameters(request, by_token=True)
            return parameters.render(Page.load_by_id(page_id, user).serialize(), private=True)
        case "PUT":
            return _write(
                request,
                lambda: update_page(page_id=page_id, body=read_json_body(request), user=user),
            )
        case "DELETE":
            return _write(request, lambda: delete_page(page_id=page_id, user=user))
    raise _method_not_allowed(request)


def _write(request: HttpRequest, write: Callable[[], dict[str, Any]]) -> HttpResponse:
    # Invalid parameters are an error before any record changes.
    parameters = read_parameters(request, by_token=True)
    return parameters.render(write(), private=True)


def _method_not_allowed(request: HttpRequest) -> ApiError:
    return ApiError(405, f"The method {request.method} is not available at this URL.")


@endpoint
def not_found(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  Django's
    raise ApiError(404, "This URL does not exist.")
