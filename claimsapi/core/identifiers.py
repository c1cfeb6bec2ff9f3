"""Public identifiers: UUID version 7 (RFC 9562, section 5.7), which sort by creation."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils import compat

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def uuid7() -> UUID:
    """Return a new version 7 UUID. The UUIDs of one process sort in the order of their creation."""
    return compat.uuid7()


def stable_uuid7(*names: str, moment: datetime) -> UUID:
    """Return the same version 7 UUID for the same names and time on every installation.

    ``moment`` supplies the 48 bits of Unix milliseconds. The SHA-256 of the names supplies the 74
    bits that are random otherwise.
    """
    # Bits of RFC 9562: 48 timestamp, 4 version, 12 rand_a, 2 variant, 62 rand_b.
    digest = int.from_bytes(hashlib.sha256("\x1f".join(names).encode()).digest())
    rand_a, rand_b = digest >> 244, digest & (2**62 - 1)
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
