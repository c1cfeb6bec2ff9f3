"""The addresses under ``/v1alpha1/``, as Google's clients ask for them."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from claims.factcheck import masks
from claims.factcheck.answers import Refused, answer, refusal
from claims.factcheck.search import Search

_EVERYWHERE: Final = frozenset({"key", "alt", "fields", "prettyPrint", "quotaUser", "$.xgafv"})
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
_LONGEST_FORM: Final = 256 * 1024

View = Callable[..., HttpResponse]


def _served(view: View) -> View:
    """What goes wrong is told in the contract's shape."""

    # Nothing here is done by a browser's session, so there is nothing that could be forged.
    @csrf_exempt
    @conditional_page
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refused:
            return refusal(refused)

    return shown


def _given(request: HttpRequest, known: frozenset[str]) -> dict[str, str]:
    """The parameters, each once. A long request comes as a form that says it is a GET."""
    query: QueryDict = request.GET
    if request.method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET":
        query = _form(request)
    elif request.method not in {"GET", "HEAD"}:
        raise Refused(405, f"{request.method} is not served here.")
    for name, values in query.lists():
        if name not in known | _EVERYWHERE:
            raise Refused(
                400, f"Unknown name {name[:60]!r}: there is no such parameter.", name[:60]
            )
        if len(values) > 1:
            raise Refused(400, f"{name} stands {len(values)} times.", name)
    given = {name: str(value) for name, value in query.items()}
    if given.get("alt", "json") != "json":
        raise Refused(400, "alt: only json is served.", "alt")
    return given


def _form(request: HttpRequest) -> QueryDict:
    body = request.read(_LONGEST_FORM + 1)
    if len(body) > _LONGEST_FORM:
        raise Refused(400, "The request is too long.")
    try:
        return QueryDict(body, encoding="utf-8")
    except (UnicodeDecodeError, ValueError):
        raise Refused(400, "The form is not UTF-8.") from None


@_served
def search(request: HttpRequest) -> HttpResponse:
    """Claims that were reviewed, with their reviews."""
    given = _given(request, _SEARCH)
    try:
        mask = masks.parse(given["fields"]) if given.get("fields") else {}
    except ValueError as error:
        raise Refused(400, str(error), "fields") from None
    found = masks.narrowed(Search.asked(given).answer(), mask)
    indent = given.get("prettyPrint", "true").lower() not in {"false", "0"}
    return answer(found, indent=indent)


@_served
def image_search(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's
    raise Refused(501, "Claims are not searched by images here.")


@_served
def not_found(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001  Django's
    raise Refused(404, "There is nothing at this address.")
