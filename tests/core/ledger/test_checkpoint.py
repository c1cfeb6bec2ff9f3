"""Signed checkpoints of this and of other logs verify; changed ones are refused."""

import base64
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from claimsapi.core.ledger.checkpoint import (
    Checkpoint,
    load_private_key,
    new_private_key,
    open_note,
    public_pem,
    verifier_key,
)
from claimsapi.core.ledger.merkle import EMPTY_ROOT

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
ORIGIN = "example.org/ledger"
CHECKPOINT = Checkpoint(ORIGIN, 42, bytes(range(100, 132)))
VERIFIER_KEY = verifier_key(ORIGIN, KEY.public_key())
NOTE = CHECKPOINT.signed(KEY)

# Two checkpoints of Sigstore's public log of 2025, and its key.
REKOR = "log2025-1.rekor.sigstore.dev"
REKOR_KEY = Ed25519PublicKey.from_public_bytes(
    base64.b64decode("t8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=")
)
REKOR_NOTES = [
    (
        412115,
        "+8vUkEgBK/ansexBUomzocaWoPEmPIzxJC/y+xNMQN4=",
        "zxGZFahCZ/+MqTjH4rC5MWcdLDWbpetE5l30RZfQc4BQkRjWSoKipEUPjvHENeZDHIlAsuezJcLzUVvItpNjaSRoMAs=",
    ),
    (
        34356369,
        "dA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=",
        "zxGZFQZgTebN28s0D7vKP5gX8R+CsXCved700HCQAHgDHbdkaH3tfx7+DMPkccNhzsnSy7LijLzWMa+evZduylLs0wc=",
    ),
]
# The example that goes round with C2SP's signed-note: a note, but not a checkpoint.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE_SIGNATURE = (
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
)
# A checkpoint of Go's checksum database, whose origin is not the name of its key.
GO_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
GO_NOTE = (
    "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9"
    "nTo+zyWE+xeMcTOAYQ8=\n"
)


def sign_text(body: str, key: Ed25519PrivateKey = KEY, name: str = ORIGIN) -> str:
    """Sign any text in the note format, without code of the product."""
    key_hash = bytes.fromhex(verifier_key(name, key.public_key()).split("+")[1])
    signature = base64.b64encode(key_hash + key.sign(body.encode())).decode()
    return f"{body}\n\u2014 {name} {signature}\n"


@pytest.mark.parametrize(("size", "root", "signature"), REKOR_NOTES)
def test_checkpoints_of_public_logs_verify(size: int, root: str, signature: str) -> None:
    note = f"{REKOR}\n{size}\n{root}\n\n\u2014 {REKOR} {signature}\n"
    opened = open_note(note, verifier_key(REKOR, REKOR_KEY))
    assert opened == Checkpoint(REKOR, size, base64.b64decode(root))
    with pytest.raises(ValueError, match=r"signature by .* is wrong"):
        open_note(note.replace(f"\n{size}\n", f"\n{size + 1}\n"), verifier_key(REKOR, REKOR_KEY))


def test_a_verifier_key_equals_the_c2sp_example() -> None:
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(EXAMPLE_KEY.split("+")[2])[1:])
    assert verifier_key("example.com/foo", public) == EXAMPLE_KEY


def test_the_c2sp_example_note_verifies_but_is_no_checkpoint() -> None:
    with pytest.raises(ValueError, match="three lines"):
        open_note(f"This is an example message.\n\n{EXAMPLE_SIGNATURE}", EXAMPLE_KEY)
    with pytest.raises(ValueError, match=r"signature by .* is wrong"):
        open_note(f"This is an example massage.\n\n{EXAMPLE_SIGNATURE}", EXAMPLE_KEY)


def test_an_origin_that_is_not_the_name_of_the_key_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'go.sum database tree' is not an origin"):
        open_note(GO_NOTE, GO_KEY)
    with pytest.raises(
        ValueError, match=r"origin is 'example.org/other', not 'example.org/ledger'"
    ):
        open_note(sign_text(Checkpoint("example.org/other", 0, EMPTY_ROOT).body()), VERIFIER_KEY)


def test_a_signed_note_is_three_lines_an_empty_line_and_a_signature() -> None:
    body = f"example.org/ledger\n42\n{base64.b64encode(CHECKPOINT.root).decode()}\n"
    assert CHECKPOINT.body() == body
    assert sign_text(body) == NOTE
    assert re.fullmatch(
        r"example.org/ledger\n42\n[\w+/]{43}=\n\n\u2014 example.org/ledger [\w+/]{91}=\n", NOTE
    )


@given(
    st.text(st.characters(categories=["L", "N", "P"], codec="utf-8"), min_size=1),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
def test_a_signed_checkpoint_is_read_back_unchanged(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert open_note(checkpoint.signed(KEY), verifier_key(origin, KEY.public_key())) == checkpoint


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8") | st.sampled_from(["", "\n"]))
def test_a_note_with_any_changed_character_is_refused(at: int, character: str) -> None:
    touched = NOTE[:at] + character + NOTE[at + 1 :]
    if touched != NOTE:
        with pytest.raises(ValueError, match=r"\.$"):
            open_note(touched, VERIFIER_KEY)


def test_a_note_without_a_signature_by_the_key_is_refused() -> None:
    unknown = f"not signed by the key {re.escape('+'.join(VERIFIER_KEY.split('+')[:2]))}"
    body = CHECKPOINT.body()
    for note in (CHECKPOINT.signed(OTHER_KEY), sign_text(body, KEY, "example.org/other")):
        with pytest.raises(ValueError, match=unknown):
            open_note(note, VERIFIER_KEY)


def test_signatures_by_other_keys_are_ignored() -> None:
    witness = CHECKPOINT.signed(OTHER_KEY).rpartition("\n\n")[2]
    body, _, ours = NOTE.rpartition("\n\n")
    for signatures in (ours + witness, EXAMPLE_SIGNATURE + witness + ours):
        assert open_note(f"{body}\n\n{signatures}", VERIFIER_KEY) == CHECKPOINT


def test_one_wrong_signature_by_the_key_invalidates_the_note() -> None:
    wrong = sign_text("something else\n").rpartition("\n\n")[2]
    for note in (NOTE + wrong, NOTE.replace("\n\n", f"\n\n{wrong}")):
        with pytest.raises(ValueError, match="is wrong"):
            open_note(note, VERIFIER_KEY)


def test_a_note_has_at_most_a_hundred_signatures() -> None:
    assert open_note(NOTE + EXAMPLE_SIGNATURE * 99, VERIFIER_KEY) == CHECKPOINT
    with pytest.raises(ValueError, match="more than 100 signatures"):
        open_note(NOTE + EXAMPLE_SIGNATURE * 100, VERIFIER_KEY)


def test_extension_lines_are_signed_and_ignored() -> None:
    note = sign_text(f"{CHECKPOINT.body()}an extension\nand another 7\n")
    assert open_note(note, VERIFIER_KEY) == CHECKPOINT
    with pytest.raises(ValueError, match="is wrong"):
        open_note(note.replace("another 7", "another 8"), VERIFIER_KEY)


@pytest.mark.parametrize("size", ["01", "00", "-1", "+1", "1_0", " 1", "1e3", "\u0661", "9" * 20])
def test_a_signed_but_malformed_size_is_refused(size: str) -> None:
    body = CHECKPOINT.body().replace("\n42\n", f"\n{size}\n")
    with pytest.raises(ValueError, match="is not a size"):
        open_note(sign_text(body), VERIFIER_KEY)


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ("AAAA", "A root has 32 bytes, not 3"),
        ("A" * 43, "root is not in canonical base64"),
        ("A" * 42 + "B=", "root is not in canonical base64"),
        ("_" * 43 + "=", "root is not in canonical base64"),
        ("A" * 43 + "= ", "root is not in canonical base64"),
    ],
)
def test_a_signed_but_malformed_root_is_refused(root: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        open_note(sign_text(f"{ORIGIN}\n42\n{root}\n"), VERIFIER_KEY)


@pytest.mark.parametrize(
    "body",
    [
        f"{ORIGIN}\n42\n",
        f"\n42\n{'A' * 43}=\n",
        f"{ORIGIN}\n\n42\n{'A' * 43}=\n",
        f"{ORIGIN}\n42\n{'A' * 43}=\n\nan extension\n",
        f"{ORIGIN}\n42\n{'A' * 43}=\n\n",
    ],
)
def test_a_signed_checkpoint_without_a_line_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="three lines, origin, size and root"):
        open_note(sign_text(body), VERIFIER_KEY)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("", "no text, an empty line"),
        (CHECKPOINT.body(), "no text, an empty line"),
        (CHECKPOINT.body() + "\n", "no text, an empty line"),
        (NOTE.removesuffix("\n"), "no text, an empty line"),
        (NOTE + "\n", "no text, an empty line"),
        (NOTE.replace("\n", "\r\n"), "control character"),
        (NOTE.replace("42", "42\t"), "control character"),
        (NOTE.replace("42", "42\ud800"), "control character"),
        (NOTE.replace("\u2014", "-"), "is not a signature"),
        (NOTE.replace("\u2014 ", "\u2014  "), "is not a signature"),
        (NOTE + "\u2014 a+b AAAAAAAA\n", "is not a signature"),
        (NOTE + "\u2014 name AAAA*\n", "name is not in canonical base64"),
        (NOTE + "\u2014 name AAAAAA==\n", "name is too short"),
    ],
)
def test_a_malformed_note_is_refused_with_its_fault(note: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        open_note(note, VERIFIER_KEY)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "'' is not an origin"),
        (ORIGIN, "verifier key is not in canonical base64"),
        (VERIFIER_KEY.replace(ORIGIN, "example.org/other"), "verifier key has the hash"),
        (VERIFIER_KEY[:-1], "verifier key is not in canonical base64"),
        (f"{ORIGIN}+00000000+AAAA", "not an Ed25519 key"),
        (f"{ORIGIN}+00000000+{base64.b64encode(bytes([4] * 33)).decode()}", "not an Ed25519 key"),
        (f"{ORIGIN}+00000000+{base64.b64encode(bytes([1] * 34)).decode()}", "not an Ed25519 key"),
        (VERIFIER_KEY + "\n", "verifier key is not in canonical base64"),
    ],
)
def test_a_wrong_verifier_key_is_refused_with_its_fault(key: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        open_note(NOTE, key)


@pytest.mark.parametrize(
    "origin", ["", "a b", "a+b", "a\nb", "a\x00b", "a\x7f", "a\u00a0b", "a\u2028b", "a\ud800"]
)
def test_an_origin_has_no_spaces_or_plus_signs(origin: str) -> None:
    for use in (
        lambda: Checkpoint(origin, 0, EMPTY_ROOT),
        lambda: verifier_key(origin, KEY.public_key()),
    ):
        with pytest.raises(ValueError, match="is not an origin"):
            use()


def test_a_body_ends_with_a_newline() -> None:
    assert Checkpoint.parse(CHECKPOINT.body()) == CHECKPOINT
    with pytest.raises(ValueError, match="three lines"):
        Checkpoint.parse(CHECKPOINT.body().removesuffix("\n"))


def test_a_checkpoint_has_a_size_and_a_root() -> None:
    with pytest.raises(ValueError, match="No tree has -1 leaves"):
        Checkpoint(ORIGIN, -1, EMPTY_ROOT)
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        Checkpoint(ORIGIN, 0, EMPTY_ROOT[1:])


def test_new_keys_are_unique_and_read_back_unchanged() -> None:
    one, two = new_private_key(), new_private_key()
    assert one.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert one != two
    note = CHECKPOINT.signed(load_private_key(one))
    assert open_note(note, verifier_key(ORIGIN, load_private_key(one).public_key())) == CHECKPOINT


def test_other_keys_than_ed25519_are_refused() -> None:
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    p256 = ec.generate_private_key(ec.SECP256R1())
    encrypted = KEY.private_bytes(*pem, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(ValueError, match="not an Ed25519 key"):
        load_private_key(p256.private_bytes(*pem, serialization.NoEncryption()))
    for wrong in (b"", b"not a key", public_pem(KEY), encrypted):
        with pytest.raises(ValueError, match="not an unencrypted private key"):
            load_private_key(wrong)


@pytest.mark.parametrize(("replaced", "code"), [("42", 0), ("43", 1)])
def test_openssl_verifies_the_signature_over_the_body(
    replaced: str, code: int, tmp_path: Path
) -> None:
    openssl = shutil.which("openssl")
    assert openssl, "openssl is what docs/ledger.md tells an auditor to use."
    body, _, line = NOTE.rpartition("\n\n")
    (tmp_path / "body").write_text(f"{body}\n".replace("42", replaced), newline="")
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
    (tmp_path / "public_key.pem").write_bytes(public_pem(KEY))
    command = f"{openssl} pkeyutl -verify -pubin -inkey public_key.pem -rawin -in body"
    done = subprocess.run(
        [*command.split(), "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == code, done.stderr
