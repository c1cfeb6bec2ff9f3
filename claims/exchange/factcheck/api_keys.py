"""API keys of requests: issued at the desk, stored as a digest, counted by day."""

import hashlib
import logging
import secrets
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from claims.exchange.factcheck.responses import ApiError
from claims.models import ApiKey, ApiKeyCount

_KEY_BYTES: Final = 24  # 192 random bits
_PREFIX_LENGTH: Final = 8  # characters by which people recognize a key
_MAX_LENGTH: Final = 200
_logger = logging.getLogger(__name__)


def create_api_key(*, key: ApiKey) -> str:
    """Save a new key record and return its secret. Only the digest is stored."""
    secret = secrets.token_urlsafe(_KEY_BYTES)
    key.prefix, key.digest = secret[:_PREFIX_LENGTH], _digest(secret)
    key.save()
    return secret


def check_api_key(secret: str, *, required: bool) -> None:
    """Check the key of a request, and count the request if the key is active.

    Without ``required``, every key is accepted, like Google's. Otherwise raises ``ApiError`` for a
    missing or inactive key.
    """
    if required and not secret:
        raise ApiError(403, "Send a key of this desk: key=…", "key")
    # A text above the maximum cannot be a key: it needs no digest and no query.
    active = ApiKey.objects.filter(is_active=True)
    key = active.filter(digest=_digest(secret)).first() if 0 < len(secret) <= _MAX_LENGTH else None
    if key is not None:
        _count_request(key)
    elif required:
        raise ApiError(400, "This key is not valid. Ask the desk for a key.", "key")


def _count_request(key: ApiKey) -> None:
    today = timezone.now().date()
    try:
        # The savepoint keeps the connection usable on PostgreSQL if the count fails.
        with transaction.atomic():
            counts = ApiKeyCount.objects.filter(key=key, day=today)
            # The database adds, so that no count of a simultaneous request is lost.
            if not counts.update(requests=F("requests") + 1):
                ApiKeyCount.objects.get_or_create(key=key, day=today)
                counts.update(requests=F("requests") + 1)
    except DatabaseError:
        # A busy database is no reason to reject the request.
        _logger.warning("A request with the key %s… was not counted.", key.prefix, exc_info=True)


def _digest(secret: str) -> str:
    # A fast hash is enough: the secret is random, so nobody can guess it from the digest.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
