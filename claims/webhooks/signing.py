"""Secrets and signatures, as Standard Webhooks has them: HMAC-SHA256 over id, time and body."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

PREFIX: Final = "whsec_"
_BYTES: Final = 32  # the specification asks for 24 to 64


def generate_secret() -> str:
    """Make a secret in the form that the receiver's library takes."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signed_headers(
    keys: Sequence[str], *, message_id: str, at: datetime, body: str
) -> dict[str, str]:
    """The headers by which a receiver who knows one of the secrets can trust the message.

    ``at`` is when it is sent, in UTC; a receiver refuses one that is minutes old.
    """
    signatures = (Webhook(key).sign(msg_id=message_id, timestamp=at, data=body) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
