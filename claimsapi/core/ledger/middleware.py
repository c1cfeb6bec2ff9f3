"""What every request owes the ledger: who acts in it, and a place for what it wrote."""

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
    """Says that the account which a request proves to be acts in it, and places what it wrote."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Asked at the first write: the API recognises a token only inside its view.
        with audit_context(actor=lambda: actor_name(request.user)):
            response = self.get_response(request)
        if request.method not in _SAFE and response.status_code < HTTPStatus.BAD_REQUEST:
            try:
                sequence_entries()
            except DatabaseError:
                # What was written is committed and recorded; the next to place will place it.
                _logger.exception("Entries wait for their place in the tree.")
        return response
