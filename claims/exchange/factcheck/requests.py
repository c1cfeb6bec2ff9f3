"""Requests of Google's API: parameters, body, authentication and the conversion of errors."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import IO, Any, Final, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page
from rest_framework.request import Request

from claims.exchange.factcheck.api_keys import check_api_key
from claims.exchange.factcheck.field_mask import Mask, apply_mask, parse_mask
from claims.exchange.factcheck.responses import (
    ApiError,
    convert_exception,
    render_error,
    render_json,
)
from claimsapi.core.api.authentication import BearerTokenAuthentication
from claimsapi.core.api.json_media import StrictJSONParser
from claimsapi.core.models import User
from claimsapi.core.text import parse_digits

_COMMON_PARAMETERS: Final = frozenset(
    {
        *("key", "alt", "fields", "prettyPrint", "quotaUser", "$.xgafv"),
        # Google's clients accept parameters of uploads for every method. They have no effect here.
        *("uploadType", "upload_protocol"),
    }
)
_MAX_FORM: Final = 256 * 1024  # bytes
_MAX_INTEGER: Final = 2**31 - 1
_MAX_OFFSET: Final = 10_000  # the database reads all rows that an offset skips

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request, each with one value, and the mask of its ``fields``."""

    values: dict[str, str]
    mask: Mask

    def get(self, name: str) -> str:
        """Return a parameter; an empty text if it is absent."""
        return self.values.get(name, "")

    def get_integer(self, name: str) -> int | None:
        """Return a non-negative integer. The contract has signed integers of 32 bits."""
        text = self.get(name).strip()
        if not text:
            return None
        number = parse_digits(text, 10)
        if number is None or number > _MAX_INTEGER:
            raise ApiError(400, f"{name}: send an integer from 0 to {_MAX_INTEGER}.", name)
        return number

    def get_offset(self) -> int:
        """Return the number of results to skip. A page token overrides it."""
        offset = self.get_integer("offset") or 0
        if self.get("pageToken"):
            return 0
        if offset > _MAX_OFFSET:
            message = f"offset: the maximum is {_MAX_OFFSET:,}. Use pageToken to read further."
            raise ApiError(400, message, "offset")
        return offset

    def render(self, body: dict[str, Any], *, private: bool = False) -> HttpResponse:
        """Return the response in the requested format: ``fields`` and ``prettyPrint``."""
        indent = self.values.get("prettyPrint", "true").lower() not in {"false", "0"}
        return render_json(apply_mask(body, self.mask), indent=indent, private=private)


def endpoint(view: View) -> View:
    """Decorate a view: its errors become responses in the format of the API."""

    # No CSRF check: the API never authenticates by the browser's session.
    @csrf_exempt
    @conditional_page
    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ApiError as error:
            return render_error(error)
        except Exception as exception:
            api_error = convert_exception(exception)
            if api_error is None:
                raise
            return render_error(api_error)

    return wrapper


def get_method(request: HttpRequest) -> str:
    """Return the effective method.

    Google's clients send a GET with a long query as a form by POST, with an override header.
    """
    # A header overrides only POST, and only with GET: no other method changes its effect.
    method = str(request.method)
    if method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET":
        return "GET"
    return "GET" if method == "HEAD" else method


def read_parameters(
    request: HttpRequest, names: frozenset[str] = frozenset(), *, by_token: bool = False
) -> Parameters:
    """Return the parameters, and count the request of an API key.

    ``names`` are the parameters of the endpoint. A request with an account's token (``by_token``)
    needs no API key. Raises ``ApiError`` for unknown, repeated and invalid parameters.
    """
    query: QueryDict = request.GET
    if request.method == "POST" and get_method(request) == "GET":
        query = _read_form(request)
    for name, values in query.lists():
        if name not in names | _COMMON_PARAMETERS:
            raise ApiError(400, f"Unknown parameter {name[:60]!r}.", name[:60])
        # Django would use the last value, other servers use the first one.
        if len(values) > 1:
            raise ApiError(400, f"{name}: send it once, not {len(values)} times.", name)
    parameters = {name: str(value) for name, value in query.items()}
    if parameters.get("alt", "json") != "json":
        raise ApiError(400, "alt: only json is available.", "alt")
    required = settings.FACTCHECK_KEYS_REQUIRED and not by_token
    check_api_key(parameters.get("key", ""), required=required)
    try:
        mask = parse_mask(parameters["fields"]) if parameters.get("fields") else {}
    except ValueError as error:
        raise ApiError(400, str(error), "fields") from None
    return Parameters(parameters, mask)


def _read_form(request: HttpRequest) -> QueryDict:
    body = request.read(_MAX_FORM + 1)
    if len(body) > _MAX_FORM:
        raise ApiError(400, f"The form is too long: the maximum is {_MAX_FORM:,} bytes.")
    return QueryDict(body, encoding="utf-8")


def read_json_body(request: HttpRequest) -> Any:
    content_type = request.headers.get("Content-Type", "")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiError(400, "Send JSON with the header Content-Type: application/json.")
    return StrictJSONParser().parse(cast("IO[bytes]", request), media_type=content_type)


def authenticate(request: HttpRequest) -> User:
    """Return the account of the request's token. Ledger entries name it as their actor."""
    credentials = BearerTokenAuthentication().authenticate(Request(request))
    if credentials is None:
        raise ApiError(401, "Send an account's token: Authorization: Bearer …")
    user: User | AnonymousUser = credentials[0]
    if not isinstance(user, User):
        raise ApiError(401, "The token belongs to no account.")
    request.user = user
    return user
