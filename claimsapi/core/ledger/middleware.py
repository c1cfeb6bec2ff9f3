"""Sets the audit context of each request, and sequences the entries that it wrote."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from claimsapi.core.ledger.audit_context import actor_name, audit_context
from claimsapi.core.ledger.sequencer import sequence_entries

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, section 9.2.1
_logger = logging.getLogger(__name__)


class LedgerMiddleware:
    """Makes the request's account the actor of its writes, and sequences their entries."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A function, called at the first write: the API authenticates a token only in its view.
        with audit_context(actor=lambda: actor_name(request.user)):
            response = self.get_response(request)
        if request.method not in _SAFE and response.status_code < HTTPStatus.BAD_REQUEST:
            try:
                sequence_entries()
            except DatabaseError:
                # The write is committed and its entry recorded. The next sequencing takes it.
                _logger.exception("The entries of this request could not be sequenced, and wait.")
        return response
