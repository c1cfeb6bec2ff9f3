"""Secrets and signatures of Standard Webhooks: HMAC-SHA256 over id, timestamp and body."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from standardwebhooks import Webhook

PREFIX: Final = "whsec_"
_BYTES: Final = 32  # the specification requires 24 to 64


def generate_secret() -> str:
    """Generate a random secret in the format of Standard Webhooks libraries."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def sign_message(
    keys: Sequence[str], *, message_id: str, at: datetime, body: str
) -> dict[str, str]:
    """Return the headers that prove the message to a receiver with one of the secrets.

    ``at`` is the time of sending, in UTC. Receivers refuse a message that is minutes old.
    """
    # Several signatures during a rotation: a receiver needs only one of the secrets.
    signatures = (Webhook(key).sign(msg_id=message_id, timestamp=at, data=body) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
