"""The keys that come with requests: made at the desk, known by their digest, counted by the day."""

import hashlib
import logging
import secrets
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from claims.exchange.factcheck.responses import Refused
from claims.models import ApiKey, ApiKeyCount

_BYTES: Final = 24  # of a key, so many that nobody guesses one
_SHOWN: Final = 8  # characters by which people know it again
_LONGEST: Final = 200
_logger = logging.getLogger(__name__)


def create_api_key(*, key: ApiKey) -> str:
    """Give a new record its key, and return that: it is kept nowhere."""
    secret = secrets.token_urlsafe(_BYTES)
    key.prefix, key.digest = secret[:_SHOWN], _digest(secret)
    key.save()
    return secret


def note_key(secret: str, *, required: bool) -> None:
    """Count a request with a key that the desk gave out; any other is taken, and not counted.

    ``Refused`` if one is ``required`` and this is none.
    """
    if required and not secret:
        raise Refused(403, "Send a key of this desk: key=…", "key")
    active = ApiKey.objects.filter(is_active=True)
    key = active.filter(digest=_digest(secret)).first() if 0 < len(secret) <= _LONGEST else None
    if key is not None:
        _count(key)
    elif required:
        raise Refused(400, "This key is not valid: ask the desk for one.", "key")


def _count(key: ApiKey) -> None:
    today = timezone.now().date()
    try:
        with transaction.atomic():
            rows = ApiKeyCount.objects.filter(key=key, day=today)
            if not rows.update(requests=F("requests") + 1):
                ApiKeyCount.objects.get_or_create(key=key, day=today)
                rows.update(requests=F("requests") + 1)
    except DatabaseError:
        # Who asks gets the answer: that the database is busy is not their fault.
        _logger.warning("A request with the key %s… was not counted.", key.prefix, exc_info=True)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
