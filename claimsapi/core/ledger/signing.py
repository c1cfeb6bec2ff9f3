"""The ledger's key, and checkpoints signed with it."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.checkpoint import Checkpoint, load_private_key, verifier_key
from claimsapi.core.ledger.sequencer import read_nodes, tree_size


class MissingKey(DomainError):
    """The ledger has no key to sign checkpoints with."""

    slug, status, title = "no-ledger-key", 503, "The ledger has no key yet"


def signing_key() -> Ed25519PrivateKey:
    """Read the key that the setting ``LEDGER_KEY`` names; ``NoKey`` says how to make one."""
    path = Path(settings.LEDGER_KEY)
    if not path.exists():
        raise MissingKey(
            "Checkpoints cannot be signed: the operator makes a key with 'manage.py ledger_key'."
        )
    return load_private_key(path.read_bytes())


def sign_checkpoint(size: int | None = None) -> Checkpoint:
    """The checkpoint of the tree as it is, or as it was with ``size`` leaves."""
    size = tree_size() if size is None else size
    return Checkpoint(settings.LEDGER_ORIGIN, size, merkle.root(size, read_nodes))


def public_verifier_key() -> str:
    """The C2SP verifier key that others check checkpoints with."""
    return verifier_key(settings.LEDGER_ORIGIN, signing_key().public_key())
