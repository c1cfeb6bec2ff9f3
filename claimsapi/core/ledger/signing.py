"""The ledger's signing key, and checkpoints signed with it."""

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
    """Read the key from the file in the setting ``LEDGER_KEY``, or raise ``MissingKey``."""
    # Read at each use: the operator may install the key while the server runs.
    path = Path(settings.LEDGER_KEY)
    if not path.exists():
        raise MissingKey(
            "Checkpoints cannot be signed: the operator makes a key with 'manage.py ledger_key'."
        )
    return load_private_key(path.read_bytes())


def build_checkpoint(size: int | None = None) -> Checkpoint:
    """Return the checkpoint of the tree, or of its first ``size`` leaves; it is not signed yet."""
    size = tree_size() if size is None else size
    return Checkpoint(settings.LEDGER_ORIGIN, size, merkle.root(size, read_nodes))


def public_verifier_key() -> str:
    """Return the C2SP verifier key with which others check the checkpoints."""
    return verifier_key(settings.LEDGER_ORIGIN, signing_key().public_key())
