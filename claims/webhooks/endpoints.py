"""Secrets of webhook endpoints: creation, rotation and encryption.

The database stores secrets encrypted with a key derived from ``SECRET_KEY``, so that a dump or a
backup of it reveals none.
"""

import base64
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from claims.models import WebhookEndpoint
from claims.webhooks.signing import generate_secret

# Receivers have this long to replace the old secret by the new one.
ROTATION_OVERLAP: Final = timedelta(days=1)
# Bound into the derived key, so that no other use of SECRET_KEY has the same key.
_KEY_PURPOSE: Final = b"claims webhook secrets 1"


class UndecryptableSecret(Exception):
    """The secret was encrypted with a key that this installation does not have."""


def set_endpoint_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give an unsaved endpoint its first secret; return it in clear, to be shown once."""
    secret = generate_secret()
    endpoint.secret = encrypt_secret(secret)
    return secret


def rotate_endpoint_secret(*, endpoint: WebhookEndpoint) -> str:
    """Give the endpoint a new secret; return it in clear, to be shown once.

    The current secret also signs for ``ROTATION_OVERLAP``. An older one stops signing at once.
    """
    secret = generate_secret()
    with transaction.atomic():
        # The row, not the caller's copy: a parallel rotation may have changed the secret.
        current = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        current.previous_secret, current.secret = current.secret, encrypt_secret(secret)
        current.previous_until = timezone.now() + ROTATION_OVERLAP
        current.save(update_fields=["secret", "previous_secret", "previous_until"])
    endpoint.refresh_from_db()
    return secret


def endpoint_secrets(endpoint: WebhookEndpoint, at: datetime) -> list[str]:
    """Return the secrets in clear that sign at that time, the current one first.

    Raises ``UndecryptableSecret`` after a change of SECRET_KEY.
    """
    secrets = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > at:
        secrets.append(endpoint.previous_secret)
    return [decrypt_secret(secret) for secret in secrets]


def encrypt_secret(secret: str) -> str:
    """Encrypt a secret with the installation's SECRET_KEY."""
    return _cipher().encrypt(secret.encode()).decode()


def decrypt_secret(token: str) -> str:
    """Decrypt a secret; ``UndecryptableSecret`` after a change of SECRET_KEY."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise UndecryptableSecret from error


def _cipher() -> MultiFernet:
    # The first key encrypts, each of them decrypts: fallbacks allow a change of SECRET_KEY.
    return _derive_cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@cache
def _derive_cipher(keys: tuple[str, ...]) -> MultiFernet:
    derived = (HKDF(SHA256(), 32, None, _KEY_PURPOSE).derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
