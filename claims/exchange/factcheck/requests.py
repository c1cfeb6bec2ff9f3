"""What a request asks: its parameters, its body, who sent it; and how its errors are told."""

from collections.abc import Callable
from functools import wraps
from typing import IO, Any, Final, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page
from rest_framework.request import Request

from claims.exchange.factcheck import field_mask
from claims.exchange.factcheck.api_keys import note_key
from claims.exchange.factcheck.responses import Refused, answer, as_refused, refusal
from claimsapi.core.api.authentication import BearerTokenAuthentication
from claimsapi.core.api.json_media import StrictJSONParser
from claimsapi.core.models import User

_EVERYWHERE: Final = frozenset(
    {
        *("key", "alt", "fields", "prettyPrint", "quotaUser", "$.xgafv"),
        # Of uploads, which there are none of: Google's clients let callers say it everywhere.
        *("uploadType", "upload_protocol"),
    }
)
_LONGEST_FORM: Final = 256 * 1024
_LARGEST: Final = 2**31 - 1
_FARTHEST: Final = 10_000  # that a page begins by its number: the database counts what it skips

View = Callable[..., HttpResponse]


def served(view: View) -> View:
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
        except Exception as error:
            refused_as = as_refused(error)
            if refused_as is None:
                raise
            return refusal(refused_as)

    return shown


def method_of(request: HttpRequest) -> str:
    """What is to be done. A long request comes as a form that says it is a GET."""
    method = str(request.method)
    if method == "POST" and request.headers.get("X-HTTP-Method-Override") == "GET":
        return "GET"
    return "GET" if method == "HEAD" else method


def given(
    request: HttpRequest, known: frozenset[str] = frozenset(), *, by_token: bool = False
) -> dict[str, str]:
    """The parameters, each once; a request ``by_token`` of an account needs no key."""
    query: QueryDict = request.GET
    if request.method == "POST" and method_of(request) == "GET":
        query = _form(request)
    for name, values in query.lists():
        if name not in known | _EVERYWHERE:
            raise Refused(
                400, f"Unknown name {name[:60]!r}: there is no such parameter.", name[:60]
            )
        if len(values) > 1:
            raise Refused(400, f"{name} stands {len(values)} times.", name)
    found = {name: str(value) for name, value in query.items()}
    if found.get("alt", "json") != "json":
        raise Refused(400, "alt: only json is served.", "alt")
    note_key(found.get("key", ""), required=settings.FACTCHECK_KEYS_REQUIRED and not by_token)
    return found


def _form(request: HttpRequest) -> QueryDict:
    body = request.read(_LONGEST_FORM + 1)
    if len(body) > _LONGEST_FORM:
        raise Refused(400, "The request is too long.")
    return QueryDict(body, encoding="utf-8")


def mask_of(asked: dict[str, str]) -> field_mask.Mask:
    """Which parts of the answer are asked for."""
    try:
        return field_mask.parse(asked["fields"]) if asked.get("fields") else {}
    except ValueError as error:
        raise Refused(400, str(error), "fields") from None


def shown(
    body: dict[str, Any], asked: dict[str, str], mask: field_mask.Mask, *, private: bool = False
) -> HttpResponse:
    """The answer as the parameters ask for it."""
    indent = asked.get("prettyPrint", "true").lower() not in {"false", "0"}
    return answer(field_mask.narrowed(body, mask), indent=indent, private=private)


def body_of(request: HttpRequest) -> Any:
    """The JSON that was sent."""
    kind = request.headers.get("Content-Type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise Refused(400, "Send JSON, and say so: Content-Type: application/json.")
    return StrictJSONParser().parse(cast("IO[bytes]", request), media_type=kind)


def signed_in(request: HttpRequest) -> User:
    """The account whose token the request carries; the ledger names it."""
    proved = BearerTokenAuthentication().authenticate(Request(request))
    if proved is None:
        raise Refused(401, "Send a token of an account: Authorization: Bearer …")
    user: User | AnonymousUser = proved[0]
    if not isinstance(user, User):
        raise Refused(401, "The token is of no account.")
    request.user = user
    return user


def number_of(given: dict[str, str], name: str) -> int | None:
    """A parameter that is a whole number, of 32 bits as the contract has it."""
    text = given.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > _LARGEST:
        raise Refused(400, f"{name}: a whole number from 0 to {_LARGEST}.", name)
    return int(text)


def offset_of(given: dict[str, str]) -> int:
    """Where a page begins by its number; one that has a token begins where that says."""
    offset = number_of(given, "offset") or 0
    if given.get("pageToken"):
        return 0
    if offset > _FARTHEST:
        fault = f"offset: at most {_FARTHEST:,}. Go further by pageToken, page after page."
        raise Refused(400, fault, "offset")
    return offset
