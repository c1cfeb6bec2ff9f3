"""Checkpoints of a tree (c2sp.org/tlog-checkpoint) as signed notes (c2sp.org/signed-note).

Signatures are Ed25519. The name of the signing key is the origin of the tree.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from claimsapi.core.ledger.merkle import HASH_SIZE

_ED25519: Final = b"\x01"
_KEY_HASH_SIZE: Final = 4
_MAX_SIGNATURES: Final = 100  # the limit of Go's implementation
_SIGNATURE: Final = re.compile(r"\u2014 (?P<key>[^\s+]+) (?P<signature>\S+)")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
# Control characters, and surrogates, which UTF-8 cannot encode.
_NOT_IN_A_NOTE: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a tree: its origin, its number of leaves and its root (32 bytes).

    Raises ``ValueError`` for a negative size, a root of another length, or an origin that is empty
    or contains a space, a plus sign or an unprintable character.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        _check_origin(self.origin)
        if self.size < 0:
            raise ValueError(f"No tree has {self.size} leaves.")
        if len(self.root) != HASH_SIZE:
            raise ValueError(f"A root has {HASH_SIZE} bytes, not {len(self.root)}.")

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a body. Lines after the third are extensions, which this class ignores."""
        lines = body.removesuffix("\n").split("\n")
        if len(lines) < 3 or not all(lines) or not body.endswith("\n"):
            raise ValueError("A checkpoint has three lines, origin, size and root, or more.")
        origin, size, root, *_ = lines
        if not _SIZE.fullmatch(size):
            raise ValueError(f"{size[:40]!r} is not a size: write a decimal without leading zeros.")
        return cls(origin, int(size), _decode_base64(root, "The root"))

    def body(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{_encode_base64(self.root)}\n"

    def signed(self, key: Ed25519PrivateKey) -> str:
        """Return the signed note: the body, an empty line, the signature by ``key``."""
        body = self.body()
        key_hash = _key_hash(self.origin, key.public_key().public_bytes_raw())
        signature = _encode_base64(key_hash + key.sign(body.encode()))
        return f"{body}\n\u2014 {self.origin} {signature}\n"


def open_note(text: str, verifier_key: str) -> Checkpoint:
    """Verify the signature of a signed note by that key, and return its checkpoint.

    Signatures by other keys are ignored. ``ValueError`` describes the fault of the verifier key, of
    the note's form, of the signature or of the checkpoint.
    """
    name, key_hash, public_key = _parse_verifier_key(verifier_key)
    body, signatures = _parse_note(text)
    # Every signature by the key must be right: a wrong one beside a right one means tampering.
    ours = [signature for key, signature in signatures if key == (name, key_hash)]
    if not ours:
        raise ValueError(f"The note is not signed by the key {name}+{key_hash.hex()}.")
    for signature in ours:
        try:
            public_key.verify(signature, body.encode())
        except InvalidSignature:
            raise ValueError(f"The signature by {name}+{key_hash.hex()} is wrong.") from None
    checkpoint = Checkpoint.parse(body)
    if checkpoint.origin != name:
        raise ValueError(f"The checkpoint's origin is {checkpoint.origin!r}, not {name!r}.")
    return checkpoint


def verifier_key(origin: str, public_key: Ed25519PublicKey) -> str:
    """Return the public key with its name, as C2SP tools take it: ``<origin>+<hash>+<key>``."""
    _check_origin(origin)
    raw = public_key.public_bytes_raw()
    return f"{origin}+{_key_hash(origin, raw).hex()}+{_encode_base64(_ED25519 + raw)}"


def new_private_key() -> bytes:
    """Make a signing key: PKCS#8 in PEM, not encrypted."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_private_key(pem: bytes) -> Ed25519PrivateKey:
    """Read a key that ``new_private_key`` made, or raise ``ValueError``."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("The signing key is not an unencrypted private key in PEM.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("The signing key is not an Ed25519 key.")
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the public half of a signing key: SubjectPublicKeyInfo in PEM, as openssl reads it."""
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _check_origin(origin: str) -> None:
    if not origin or not origin.isprintable() or " " in origin or "+" in origin:
        raise ValueError(
            f"{origin[:80]!r} is not an origin: write a name such as example.org/ledger, "
            "without spaces, plus signs and control characters."
        )


def _parse_verifier_key(text: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    _check_origin(name)
    # The first byte is the signature type, 0x01 for Ed25519.
    typed = _decode_base64(encoded, "The verifier key")
    if typed[:1] != _ED25519 or len(typed) != 33:
        raise ValueError("The verifier key is not an Ed25519 key.")
    expected = _key_hash(name, typed[1:])
    if key_hash != expected.hex():
        raise ValueError(f"The verifier key has the hash {expected.hex()}, not {key_hash[:40]!r}.")
    return name, expected, Ed25519PublicKey.from_public_bytes(typed[1:])


def _parse_note(text: str) -> tuple[str, list[tuple[tuple[str, bytes], bytes]]]:
    """Return the signed text and, for each signature, its key (name, hash) and its bytes.

    The text ends at the last empty line.
    """
    if _NOT_IN_A_NOTE.search(text):
        raise ValueError("The note holds a control character; its lines end in a line feed alone.")
    # The last empty line: the text before it may contain empty lines of its own.
    body, _, signatures = text.rpartition("\n\n")
    if not body or not signatures.endswith("\n"):
        raise ValueError("The note has no text, an empty line, and lines of signatures after it.")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > _MAX_SIGNATURES:
        raise ValueError(f"The note has more than {_MAX_SIGNATURES} signatures.")
    return f"{body}\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[tuple[str, bytes], bytes]:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ValueError(f"{line[:80]!r} is not a signature: an em dash, a name, and base64.")
    decoded = _decode_base64(match["signature"], f"The signature by {match['key'][:80]}")
    if len(decoded) <= _KEY_HASH_SIZE:
        raise ValueError(f"The signature by {match['key'][:80]} is too short.")
    return (match["key"], decoded[:_KEY_HASH_SIZE]), decoded[_KEY_HASH_SIZE:]


def _key_hash(name: str, public_key: bytes) -> bytes:
    digest = hashlib.sha256(name.encode() + b"\n" + _ED25519 + public_key).digest()
    return digest[:_KEY_HASH_SIZE]


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode_base64(text: str, what: str) -> bytes:
    """Decode standard base64 (RFC 4648, section 4) in its canonical spelling only."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except ValueError:
        decoded = b""
    # b64decode ignores set bits after the last byte, so several texts give the same bytes.
    if not decoded or _encode_base64(decoded) != text:
        raise ValueError(f"{what} is not in canonical base64.")
    return decoded
