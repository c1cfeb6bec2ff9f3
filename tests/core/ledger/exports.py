"""Writes small audit exports from the format in docs/ledger.md, without code of the product.

``write_older``, ``write_newer`` and ``write_public`` write three exports of one invented ledger.
The other functions read and repair exports of any origin, for tests that manipulate them.
"""

import base64
import hashlib
import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

VERIFY: Final = Path(__file__).parents[3] / "claimsapi" / "core" / "ledger" / "verify.py"
ORIGIN: Final = "desk.example/ledger"
KEY: Final = Ed25519PrivateKey.from_private_bytes(b"a key of tests, known to all....")
ANOTHER_KEY: Final = Ed25519PrivateKey.from_private_bytes(b"another key, that of an intruder")
ORDER: Final = (
    "sources.publisher",
    "sources.document",
    "sources.snapshot",
    "claims.topic",
    "claims.claim",
    "claims.reviewversion",
)
OLDER_SIZE: Final = 10

PUBLISHER, DOCUMENT, SNAPSHOT, FIRST_CLAIM, SECOND_CLAIM, THIRD_CLAIM, VERSION = (
    f"01a19467-e800-7000-8000-00000000000{digit}" for digit in range(1, 8)
)


@dataclass(frozen=True)
class Entry:
    """An entry of the desk, with its visibility."""

    number: int
    action: str
    actor: str
    kind: str
    object: str
    state: dict[str, Any] | None
    reason: str = ""
    public: bool = True
    erased: bool = False

    @property
    def at(self) -> str:
        return f"2026-11-23T05:43:{self.number:02}.123456Z"

    @property
    def content(self) -> dict[str, Any]:
        salt = hashlib.md5(str(self.number).encode(), usedforsecurity=False).hexdigest()
        return {"reason": self.reason, "salt": salt, "state": self.state}

    def line(self) -> dict[str, Any]:
        content = self.content
        return {
            "action": self.action,
            "actor": self.actor,
            "at": self.at,
            "content": content_hash(content) if self.erased else content,
            "kind": self.kind,
            "object": self.object,
        }


def content_hash(content: dict[str, Any]) -> str:
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def leaf_hash(entry: dict[str, Any]) -> bytes:
    """Return the leaf hash of any line of the ledger."""
    if "leaf" in entry:
        return bytes.fromhex(entry["leaf"])
    content = entry["content"]
    value = content if isinstance(content, str) else content_hash(content)
    return hashlib.sha256(b"\0" + rfc8785.dumps({**entry, "content": value})).digest()


def root_hash(leaves: list[bytes]) -> bytes:
    """Compute a root by the definition of RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root_hash(leaves[:k]) + root_hash(leaves[k:])).digest()


def state(kind: str, public_id: str, **fields: Any) -> dict[str, Any]:
    return {"fields": {"public_id": public_id, **fields}, "model": kind}


def claim(public_id: str, text: str, **fields: Any) -> dict[str, Any]:
    return state("claims.claim", public_id, text=text, topics=[], **fields)


def version(editor: list[str] | None, moment: str) -> dict[str, Any]:
    return state(
        "claims.reviewversion", VERSION, author=["@ada"], claim=[FIRST_CLAIM], editor=editor,
        number=1, state=moment,
    )  # fmt: skip


def history() -> list[Entry]:
    """Return fourteen entries with every kind of line in docs/ledger.md."""
    snapshot = state(
        "sources.snapshot", SNAPSHOT, document=[DOCUMENT], text="Other people's text.\n"
    )
    rows: list[tuple[Any, ...]] = [
        ("adopt", "command:adopt", state("sources.publisher", PUBLISHER, name="Harbour Post")),
        ("create", "@ada", state("sources.document", DOCUMENT, publisher=[PUBLISHER], title="T")),
        ("create", "@ada", snapshot),
        ("create", "@ada", claim(FIRST_CLAIM, "A claim.")),
        ("change", "@ada", claim(FIRST_CLAIM, "A claim with a private address in it.")),
        ("change", "@bob", claim(FIRST_CLAIM, 'Straße "№ 5"\n\u0001\u007f\u2028 \U0001f5de')),
        ("create", "@ada", claim(SECOND_CLAIM, "Here by mistake.")),
        ("delete", "@bob", ("claims.claim", SECOND_CLAIM)),
        ("create", "@ada", version(None, "draft")),
        ("publish", "@bob", version(["@bob"], "published")),
        ("erase", "command:erase", ("erasure", FIRST_CLAIM)),
        # Keys whose order by UTF-16 is not that by code point, and Ada not as a reference.
        ("create", "@eve", claim(THIRD_CLAIM, '["@ada"]', extra={"\ufb01": 1, "\U0001f5de": -1})),
        ("change", "database:desk", state("sources.publisher", PUBLISHER, name="Harbour News")),
        ("list", "@bob", claim(THIRD_CLAIM, "Listed.", decided_by=["@eve"], note=["@a b"])),
    ]
    entries = []
    for number, (action, actor, what) in enumerate(rows):
        kind, public_id = what if isinstance(what, tuple) else (
            what["model"], what["fields"]["public_id"],
        )  # fmt: skip
        state_after = None if isinstance(what, tuple) else what
        if kind == "erasure":
            state_after = {"fields": {"entries": [4]}, "model": "erasure"}
        reason = "Asked for by the person." if kind == "erasure" else ""
        public = number not in (2, 8, 11)
        erased = number == 4
        entries.append(
            Entry(number, action, actor, kind, public_id, state_after, reason, public, erased)
        )
    return entries


def restore_entry(entry: Entry) -> Entry:
    return replace(entry, erased=False)


def erase_entries(entries: list[Entry], *numbers: int) -> list[Entry]:
    """Erase more entries of one record, and append their erasure."""
    erased = [replace(e, erased=True) if e.number in numbers else e for e in entries]
    fields = {"entries": list(numbers)}
    erasure = replace(
        next(entry for entry in entries if entry.kind == "erasure"),
        number=len(entries),
        object=entries[numbers[0]].object,
        state={"fields": fields, "model": "erasure"},
    )
    return [*erased, erasure]


def write_older(folder: Path) -> Path:
    """Write the export of the first ten entries, before the erasure."""
    entries = [restore_entry(entry) for entry in history()[:OLDER_SIZE]]
    return write(folder, entries, public=False)


def write_newer(folder: Path, as_of: str | None = None) -> Path:
    """Write the export of the whole ledger, which continues the older one."""
    return write(folder, history(), public=False, as_of=as_of)


def write_public(folder: Path) -> Path:
    """Write the public export of the whole ledger."""
    return write(folder, history(), public=True)


def write(folder: Path, entries: list[Entry], *, public: bool, as_of: str | None = None) -> Path:
    (folder / "fixtures").mkdir(parents=True)
    (folder / "README.txt").write_text("Run: python3 verify.py\n")
    shutil.copy(VERIFY, folder / "verify.py")
    lines = [
        entry.line() if entry.public or not public else {"leaf": leaf_hash(entry.line()).hex()}
        for entry in entries
    ]
    write_lines(folder, [rfc8785.dumps(line) for line in lines])
    write_manifest(
        folder, as_of=as_of, entries=len(entries), format=1, origin=ORIGIN, public=public
    )
    write_fixtures(folder, replay(entries, public=public, as_of=as_of))
    write_key(folder)
    sign(folder)
    write_sums(folder)
    return folder


def replay(entries: list[Entry], *, public: bool, as_of: str | None) -> list[dict[str, Any]]:
    """Return the states that remain after a replay."""
    newest: dict[str, dict[str, Any] | None] = {}
    for entry in entries:
        if entry.kind == "erasure" or (as_of is not None and entry.at > as_of):
            continue
        if entry.public or not public:
            newest[entry.object] = entry.state
        elif entry.kind == "sources.snapshot" and entry.state is not None:
            fields = {**entry.state["fields"], "text": None}
            newest[entry.object] = {**entry.state, "fields": fields}
    return [record for _, record in sorted(newest.items()) if record is not None]


def write_fixtures(folder: Path, records: list[dict[str, Any]]) -> None:
    # The history has no topic: a kind without records has a fixture without rows.
    for number, kind in enumerate(ORDER, 1):
        rows = [rfc8785.dumps(record) for record in records if record["model"] == kind]
        write_rows(folder / "fixtures" / f"{number:02}-{kind}.json", rows)
    text = json.dumps(records)
    accounts = [account(name, "!") for name in ("ada", "bob", "eve") if f'["@{name}"]' in text]
    write_rows(folder / "fixtures" / "00-core.user.json", accounts)


def account(handle: str, password: str) -> bytes:
    fields = {"handle": handle, "is_active": False, "password": password, "username": handle}
    return rfc8785.dumps({"fields": fields, "model": "core.user"})


def read_lines(folder: Path) -> list[bytes]:
    return (folder / "ledger.ndjson").read_bytes().splitlines()


def write_lines(folder: Path, lines: list[bytes]) -> None:
    (folder / "ledger.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))


def renumber_erasures(folder: Path) -> None:
    """Write the current numbers of erased entries into their erasures."""
    entries = [json.loads(line) for line in read_lines(folder)]
    for entry in entries:
        if entry["kind"] == "erasure":
            entry["content"]["state"]["fields"]["entries"] = [
                number
                for number, other in enumerate(entries)
                if isinstance(other["content"], str) and other["object"] == entry["object"]
            ]
    write_lines(folder, [rfc8785.dumps(entry) for entry in entries])


def read_rows(path: Path) -> list[bytes]:
    return [line.rstrip(b",") for line in path.read_bytes().splitlines()[1:-1]]


def write_rows(path: Path, rows: list[bytes]) -> None:
    path.write_bytes(b"[\n" + b",\n".join(rows) + (b"\n]\n" if rows else b"]\n"))


def write_manifest(folder: Path, **members: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes()) if path.exists() else {}
    path.write_bytes(rfc8785.dumps({**manifest, **members}) + b"\n")


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_hash(key: Ed25519PrivateKey, origin: str) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n\x01" + raw(key)).digest()[:4]


def verifier_key(key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> str:
    text = base64.b64encode(b"\x01" + raw(key)).decode()
    return f"{origin}+{key_hash(key, origin).hex()}+{text}"


def write_key(folder: Path, key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> None:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public_key.pem").write_bytes(pem)
    (folder / "public_key.txt").write_text(verifier_key(key, origin) + "\n")


def sign(folder: Path, key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> None:
    """Sign the current content of the ledger."""
    leaves = [leaf_hash(json.loads(line)) for line in read_lines(folder)]
    sign_text(folder, f"{origin}\n{len(leaves)}\n{_text64(root_hash(leaves))}\n", key, origin)


def sign_text(folder: Path, body: str, key: Ed25519PrivateKey = KEY, origin: str = ORIGIN) -> None:
    signature = _text64(key_hash(key, origin) + key.sign(body.encode()))
    (folder / "checkpoint").write_text(f"{body}\n\u2014 {origin} {signature}\n")


def _text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def write_sums(folder: Path) -> None:
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    )
    sums = [(hashlib.sha256((folder / name).read_bytes()).hexdigest(), name) for name in names]
    (folder / "SHA256SUMS").write_text("".join(f"{digest}  {name}\n" for digest, name in sums))
