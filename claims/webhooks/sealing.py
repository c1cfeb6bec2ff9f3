"""Secrets as they lie in the database: encrypted, so that a dump or a backup holds none."""

import base64
from functools import cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_PURPOSE: Final = b"claims webhook secrets 1"


class Unreadable(Exception):
    """The secret was sealed with a key that this installation does not have."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    derived = (HKDF(SHA256(), 32, None, _PURPOSE).derive(key.encode()) for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])


def _own() -> MultiFernet:
    return _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def sealed(secret: str) -> str:
    """Encrypt a secret with the installation's SECRET_KEY."""
    return _own().encrypt(secret.encode()).decode()


def opened(text: str) -> str:
    """Return the secret that was sealed; ``Unreadable`` after a change of SECRET_KEY."""
    try:
        return _own().decrypt(text.encode()).decode()
    except InvalidToken as fault:
        raise Unreadable from fault
