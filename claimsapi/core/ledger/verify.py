#!/usr/bin/env python3
"""Verify an audit export against the format in docs/ledger.md.

    python3 verify.py [DIR] [--previous OLDER_DIR] [--key VERIFIER_KEY_OR_FILE]

Every export contains a copy of this file. It needs only Python's standard library (3.9 or later)
and the ``openssl`` program (3.0 or later), which checks the signature. If you do not trust the
folder, take this file from a trusted copy of the software and name the folder.

The checks, in their order:

1. The folder has the files of an export and no others, and SHA256SUMS lists their hashes.
2. The signature on ``checkpoint`` is by the key in ``public_key.txt`` or by the key of ``--key``.
3. Every line of ``ledger.ndjson`` is a valid entry, and their root is that of the checkpoint.
4. An erasure names every erased entry.
5. The replay of the entries gives the records in ``fixtures``, byte for byte.
6. With ``--previous``: the export continues the older one.

Exit status: 0 verified, 1 not verified, 2 the check could not run.

Standards: RFC 8785 (canonical JSON), RFC 6962 section 2.1 (Merkle tree), C2SP signed-note and
tlog-checkpoint, RFC 8032 (Ed25519), RFC 8410 (Ed25519 keys in PEM).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, NoReturn, Protocol, TypeVar
from uuid import UUID

T = TypeVar("T")

MAX_FAILURES: Final = 20
_SAFE_INTEGER: Final = 2**53 - 1
_TOO_DEEP: Final = "expected JSON that is not nested hundreds deep"

_LEDGER: Final = "ledger.ndjson"
_SUMS: Final = "SHA256SUMS"
_ACCOUNTS: Final = "core.user"
_FILES: Final = frozenset(
    {
        "README.txt",
        "verify.py",
        "checkpoint",
        "public_key.pem",
        "public_key.txt",
        "manifest.json",
        _LEDGER,
    }
)

_KIND: Final = r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*"
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HANDLE: Final = r"[-A-Za-z0-9_]{1,50}"
_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
_FIXTURE_NAME: Final = re.compile(rf"fixtures/([0-9]{{2,}})-({_KIND})\.json")
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  ([^\n]+)")
_LEAF_LINE: Final = re.compile(rb'\{"leaf":"([0-9a-f]{64})"\}\n')
# Canonical JSON escapes a quotation mark inside a string, so only references match this.
_REFERENCE: Final = re.compile(rf'\["(@{_HANDLE}|{_UUID})"\]'.encode())
_NAMED: Final = re.compile(rf'"kind":"({_KIND}|erasure)","object":"({_UUID})"'.encode())

_SALT: Final = re.compile(r"[0-9a-f]{32}")
_MEMBERS: Final = frozenset({"action", "actor", "at", "content", "kind", "object"})
_CONTENT_MEMBERS: Final = frozenset({"reason", "salt", "state"})
_STATE_MEMBERS: Final = frozenset({"fields", "model"})
_PUBLIC_ID: Final = re.compile(_UUID)
_TIME_FORM: Final = re.compile(_TIME)
_ACTOR: Final = rf'@{_HANDLE}|command:[A-Za-z0-9_.-]+|database:[^\x00-\x1f"\\\x7f]+'
_FORMS: Final = {
    "action": (r"[a-z][a-z0-9_-]{0,49}", "the lower-case name of an action"),
    "actor": (_ACTOR, "@handle, command:name or database:role"),
    "at": (_TIME, "a UTC time such as 2026-11-23T05:43:33.123456Z"),
    "kind": (rf"{_KIND}|erasure", "app.model or erasure"),
    "object": (_UUID, "a UUID in lower case"),
}
# The bytes before and after the content of an entry. Their values never need JSON escapes, so a
# regular expression can read them: ten times as fast as parsing the whole line.
_HEAD: Final = re.compile(
    rf'\{{"action":"({_FORMS["action"][0]})","actor":"({_ACTOR})","at":"({_TIME})","content":'.encode()
)
_TAIL: Final = re.compile(rf',"kind":"({_KIND}|erasure)","object":"({_UUID})"\}}\n\Z'.encode())
# The tail is searched in the last bytes only. In a whole document's text a search takes long.
_LONGEST_TAIL: Final = 400
_HASH_CONTENT: Final = re.compile(rb'"[0-9a-f]{64}"')

# The parts of an entry that its line shows.
_STATE: Final = 0
_DELETION: Final = 1
_ERASURE: Final = 2
_ERASED: Final = 3
_HIDDEN: Final = 4


class CheckError(Exception):
    """The check could not run, so it says neither yes nor no about the export."""


class Fault(Exception):
    """A file breaks a rule of the format. ``line`` counts from 1."""

    def __init__(self, message: str, *, line: int | None = None, record: str = "") -> None:
        super().__init__(message)
        self.message, self.line, self.record = message, line, record


class _TooManyFailures(Exception):
    """The report holds ``MAX_FAILURES`` failures, more than a reader needs."""


@dataclass(frozen=True)
class Failure:
    """One broken rule: its file, line and record, and the expected and the actual content."""

    file: str
    message: str
    line: int | None = None
    record: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return (
            f"{place} ({self.record}): {self.message}"
            if self.record
            else f"{place}: {self.message}"
        )


@dataclass(frozen=True)
class Counts:
    """The numbers of readable entries, erasures, erased entries and hidden entries."""

    readable: int
    erasures: int
    erased: int
    hidden: int


@dataclass(frozen=True)
class Summary:
    """A verified export: its origin, size and root, its key, its scope and its records."""

    origin: str
    size: int
    root: str
    key: str
    public: bool
    as_of: str | None
    first: str
    last: str
    entries: Counts
    records: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Report:
    """The result of a check.

    ``notes`` are facts that a reader should know. ``unchecked`` are facts that the check cannot
    decide. ``complete`` is false if the check stopped at ``MAX_FAILURES``.
    """

    directory: Path
    failures: tuple[Failure, ...]
    complete: bool
    summary: Summary | None = None
    notes: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        return self.complete and not self.failures and self.summary is not None

    def lines(self) -> Iterator[str]:
        """Yield the report for a reader, line by line."""
        if self.failures or self.summary is None:
            yield f"NOT VERIFIED: {self.directory}"
            yield from (f"  {failure}" for failure in self.failures)
            if not self.complete:
                yield f"  Stopped after {len(self.failures)} failures; there may be more."
        else:
            yield f"Verified: {self.directory}"
            yield from _summary_lines(self.summary)
        yield from (f"Note: {note}" for note in self.notes)
        yield from (f"Not checkable here: {item}" for item in self.unchecked)


class _Findings:
    """Collects failures, and raises ``_TooManyFailures`` at the limit."""

    def __init__(self, collected: list[Failure], folder: str = "") -> None:
        self.collected, self.folder = collected, folder

    def add(self, file: str, message: str, *, line: int | None = None, record: str = "") -> None:
        self.collected.append(Failure(self.folder + file, message, line, record))
        if len(self.collected) >= MAX_FAILURES:
            raise _TooManyFailures

    def attempt(self, file: str, read: Callable[[], T]) -> T | None:
        """Return the result of ``read``, or record its fault and return None."""
        try:
            return read()
        except Fault as fault:
            self.add(file, fault.message, line=fault.line, record=fault.record)
        except RecursionError:
            self.add(file, _TOO_DEEP)
        return None


def _quote(value: object) -> str:
    """Return a value of the export for a message: at most 90 characters, with escapes."""
    text = json.dumps(value) if not isinstance(value, bytes) else ascii(value)[1:]
    return text if len(text) <= 90 else f"{text[:87]}..."


def _summary_lines(summary: Summary) -> Iterator[str]:
    entries = summary.entries
    yield f"  origin   {summary.origin}"
    yield f"  entries  {summary.size} ({summary.first or '-'} to {summary.last or '-'})"
    yield (
        f"           {entries.readable} readable, {entries.erasures} erasures, "
        f"{entries.erased} erased, {entries.hidden} hidden"
    )
    yield f"  root     {summary.root}"
    yield f"  key      {summary.key}"
    yield f"  scope    {'public' if summary.public else 'everything'}"
    yield f"  records  as of {summary.as_of or 'the last entry'}"
    yield from (f"           {count:>9} {kind}" for kind, count in summary.records)


def _parse_integer(digits: str) -> int:
    # Check the length first: int() of a million digits takes long or raises another error.
    if len(digits) > 17 or abs(value := int(digits)) > _SAFE_INTEGER:
        raise Fault(f"expected integers within 2^53 - 1, found {_quote(digits)}")
    return value


def _refuse_number(digits: str) -> NoReturn:
    raise Fault(f"expected only integers, found {_quote(digits)}")


_DECODER: Final = json.JSONDecoder(
    parse_int=_parse_integer, parse_float=_refuse_number, parse_constant=_refuse_number
)
# Parsed JSON has no circular references, and checking for them takes time.
_SORTING: Final = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
)
_KEEPING: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_json_string: Final = _SORTING.encode


def _canonical_json(value: object) -> str:
    """Return the RFC 8785 form of a parsed value."""
    # The standard library's sorted compact form is RFC 8785 for integers within 2^53 - 1 and for
    # names in the basic multilingual plane. The decoder refuses all other numbers.
    text = _SORTING.encode(value)
    if text.isascii() or len(text.encode("utf-16-le", "surrogatepass")) == 2 * len(text):
        return text
    return _KEEPING.encode(_sorted_by_utf16(value))


def _sorted_by_utf16(value: Any) -> Any:
    """Sort names by UTF-16 code units as RFC 8785 does; Python sorts by code points."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return {name: _sorted_by_utf16(value[name]) for name in names}
    if isinstance(value, list):
        return [_sorted_by_utf16(item) for item in value]
    return value


def _parse(text: str) -> Any:
    """Return the JSON value at the beginning of a text. ``_require_same`` finds text after it."""
    try:
        return _DECODER.raw_decode(text)[0]
    except json.JSONDecodeError as error:
        raise Fault(f"expected JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise Fault(_TOO_DEEP) from None


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Fault(f"expected UTF-8, found {_quote(data[error.start : error.end])}") from None


def _require_same(actual: str, expected: str) -> None:
    """Refuse JSON that differs from its canonical form."""
    if actual == expected:
        return
    at = next(
        (i for i, (a, b) in enumerate(zip(actual, expected)) if a != b),  # noqa: B905  3.9 has no strict
        min(len(actual), len(expected)),
    )
    raise Fault(
        "expected canonical JSON (RFC 8785: sorted names, each once, without spaces): at character "
        f"{at + 1} expected {_quote(expected[at : at + 20])}, found {_quote(actual[at : at + 20])}"
    )


def _parse_canonical(data: bytes) -> Any:
    text = _decode(data)
    value = _parse(text)
    _require_same(text, _canonical_json(value))
    return value


def _require_members(value: object, names: frozenset[str], what: str) -> None:
    if not isinstance(value, dict):
        raise Fault(f"expected {what} to be an object, found {_quote(value)}")
    if value.keys() != names:
        raise Fault(
            f"expected {what} to have exactly the members {', '.join(sorted(names))}, "
            f"found {_quote(', '.join(sorted(value)))}"
        )


def _require_time(value: object, what: str) -> None:
    try:
        if isinstance(value, str) and _TIME_FORM.fullmatch(value):
            datetime.fromisoformat(value[:-1])
            return
    except ValueError:
        pass
    raise Fault(
        f"expected {what} to be a UTC time such as 2026-11-23T05:43:33.123456Z, "
        f"found {_quote(value)}"
    )


def _list_files(directory: Path, findings: _Findings) -> frozenset[str]:
    """Return the names of the export's regular files. Anything else in the folder is a failure."""
    names = set()
    for name, mode in _walk_files(directory, ""):
        belongs = name == _SUMS or name in _FILES or _FIXTURE_NAME.fullmatch(name)
        if stat.S_ISLNK(mode):
            # A link could lead out of the folder, and SHA256SUMS would hash its target.
            findings.add(name, "expected a regular file, found a symbolic link")
        elif stat.S_ISDIR(mode):
            if name != "fixtures":
                findings.add(name, "this folder does not belong to an export")
        elif not stat.S_ISREG(mode):
            findings.add(name, "expected a regular file")
        elif not belongs:
            findings.add(name, "this file does not belong to an export")
        else:
            names.add(name)
    for name in sorted({_SUMS, *_FILES, f"fixtures/00-{_ACCOUNTS}.json"} - names):
        findings.add(name, "this file is missing")
    return frozenset(names)


def _walk_files(directory: Path, prefix: str) -> Iterator[tuple[str, int]]:
    # Never follow links, and descend only into fixtures: other folders are failures anyway.
    with os.scandir(directory) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            mode = entry.stat(follow_symlinks=False).st_mode
            yield prefix + entry.name, mode
            if stat.S_ISDIR(mode) and prefix + entry.name == "fixtures":
                yield from _walk_files(directory / entry.name, f"{prefix}{entry.name}/")


def _check_sums(directory: Path, files: frozenset[str], findings: _Findings) -> None:
    sums: dict[str, str] = {}
    for number, line in enumerate((directory / _SUMS).read_bytes().splitlines(keepends=True), 1):
        try:
            expected, name = _parse_sum(line, files)
            if name in sums:
                raise Fault(f"expected every file once, found {name} again")
            sums[name] = expected
        except Fault as fault:
            findings.add(_SUMS, fault.message, line=number)
    for name, expected in sums.items():
        if (actual := _sha256(directory / name)) != expected:
            findings.add(name, f"expected SHA-256 {expected} as in {_SUMS}, found {actual}")
    for name in sorted(files - sums.keys() - {_SUMS}):
        findings.add(name, f"expected a line for this file in {_SUMS}")


def _parse_sum(line: bytes, files: frozenset[str]) -> tuple[str, str]:
    """Return the hash and the file name of a line of SHA256SUMS."""
    text = _decode(line)
    match = _SUM_LINE.fullmatch(text[:-1]) if text.endswith("\n") else None
    if match is None:
        raise Fault(f"expected 64 hexadecimal digits, two spaces and a name, found {_quote(text)}")
    name = match[2]
    if name not in _FILES and not _FIXTURE_NAME.fullmatch(name):
        raise Fault(f"expected the name of a file of an export, found {_quote(name)}")
    if name not in files:
        raise Fault(f"expected the file {name}, which is missing or not a regular file")
    return match[1], name


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Manifest:
    as_of: str | None
    entries: int
    origin: str
    public: bool


def _read_manifest(path: Path) -> _Manifest:
    data = path.read_bytes()
    value = _parse_canonical(data[:-1] if data.endswith(b"\n") else data)
    _require_members(
        value, frozenset({"as_of", "entries", "format", "origin", "public"}), "the manifest"
    )
    # In Python True equals 1 and is an int, so the next checks exclude bool.
    if value["format"] != 1 or isinstance(value["format"], bool):
        raise Fault(f"expected format 1, found {_quote(value['format'])}: use a newer verify.py")
    if value["as_of"] is not None:
        _require_time(value["as_of"], "as_of")
    if isinstance(value["entries"], bool) or not isinstance(value["entries"], int):
        raise Fault(f"expected entries to be a number, found {_quote(value['entries'])}")
    if not isinstance(value["public"], bool):
        raise Fault(f"expected public to be true or false, found {_quote(value['public'])}")
    if not isinstance(value["origin"], str):
        raise Fault(f"expected origin to be text, found {_quote(value['origin'])}")
    return _Manifest(value["as_of"], value["entries"], value["origin"], value["public"])


@dataclass(frozen=True)
class Key:
    """An Ed25519 public key with the name of its ledger: a C2SP verifier key."""

    name: str
    public: bytes

    @property
    def hash(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n\x01" + self.public).digest()[:4]

    @property
    def pem(self) -> bytes:
        """The key in PEM (RFC 8410)."""
        # The DER prefix of every Ed25519 SubjectPublicKeyInfo, then the 32 bytes of the key.
        der = bytes.fromhex("302a300506032b6570032100") + self.public
        body = base64.b64encode(der)
        return b"-----BEGIN PUBLIC KEY-----\n" + body + b"\n-----END PUBLIC KEY-----\n"

    def __str__(self) -> str:
        text = base64.b64encode(b"\x01" + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{text}"


def _parse_key(text: str) -> Key:
    parts = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})", text)
    if parts is None:
        raise Fault(f"expected a verifier key, <origin>+<key hash>+<base64>, found {_quote(text)}")
    data = _decode_base64(parts[3])
    if len(data) != 33 or data[0] != 1:
        raise Fault("expected an Ed25519 key: 0x01 and 32 bytes in base64")
    key = Key(parts[1], data[1:])
    if key.hash.hex() != parts[2]:
        raise Fault(f"expected the key hash {key.hash.hex()}, found {parts[2]}")
    return key


def _read_key(path: Path) -> Key:
    text = _decode(path.read_bytes())
    return _parse_key(text.removesuffix("\n"))


def _trusted_key(text: str) -> Key:
    """Read the caller's key: the text is the key, or the name of a file that contains it."""
    try:
        return _read_key(Path(text)) if Path(text).is_file() else _parse_key(text.strip())
    except Fault as fault:
        raise CheckError(
            f"--key: {fault.message}. Give the verifier key or an existing file that contains it."
        ) from None


def _decode_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    # Encode again: base64 has several spellings of the same bytes, and only one is accepted.
    if base64.b64encode(data).decode() != text:
        raise Fault(f"expected base64, found {_quote(text)}")
    return data


@dataclass(frozen=True)
class _Checkpoint:
    body: bytes
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...]


def _read_checkpoint(path: Path) -> _Checkpoint:
    note = _decode(path.read_bytes())
    text, _, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if len(lines) != 3 or not signatures.endswith("\n"):
        raise Fault("expected three lines, a blank line and signature lines")
    origin, size, root = lines
    if not re.fullmatch(r"[^\s+]+", origin):
        raise Fault(f"expected an origin without space or plus, found {_quote(origin)}", line=1)
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size):
        raise Fault(f"expected the number of entries, found {_quote(size)}", line=2)
    digest = _decode_base64(root)
    if len(digest) != 32:
        raise Fault(f"expected a root of 32 bytes in base64, found {_quote(root)}", line=3)
    parsed = tuple(
        _parse_signature(line, number) for number, line in enumerate(signatures[:-1].split("\n"), 5)
    )
    return _Checkpoint(f"{text}\n".encode(), origin, int(size), digest, parsed)


def _parse_signature(line: str, number: int) -> tuple[str, bytes]:
    """Return the key's name, and the key's hash (4 bytes) followed by the signature."""
    parts = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    if parts is None:
        message = f"expected an em dash, a name and a signature in base64, found {_quote(line)}"
        raise Fault(message, line=number)
    return parts[1], _decode_base64(parts[2])


def _check_signature(checkpoint: _Checkpoint, key: Key) -> None:
    """Check the signature by ``key``. Signatures by other keys, such as witnesses, are ignored."""
    # The name and the 4-byte hash identify a key; the rest of the bytes is the signature.
    ours = [
        (line, signature[4:])
        for line, (name, signature) in enumerate(checkpoint.signatures, 5)
        if name == key.name and signature[:4] == key.hash
    ]
    if len(ours) != 1:
        raise Fault(f"expected one signature by {key}, found {len(ours)}")
    line, signature = ours[0]
    if not _verify_with_openssl(key, checkpoint.body, signature):
        raise Fault(f"the signature is not by {key}, or not over this text", line=line)


def _verify_with_openssl(key: Key, body: bytes, signature: bytes) -> bool:
    if _run_openssl(key, body, signature):
        return True
    # An openssl without Ed25519 refuses every signature. So check a signature that is certainly
    # valid before blaming the export: test 2 of RFC 8032, section 7.1.
    test_key = Key(
        "", bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    )
    test_signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    if not _run_openssl(test_key, b"\x72", test_signature):
        raise CheckError(
            "The signature was not checked: this 'openssl' cannot check Ed25519 signatures. "
            "Install OpenSSL 3.0 or later ('openssl version' prints the version)."
        )
    return False


def _run_openssl(key: Key, body: bytes, signature: bytes) -> bool:
    # openssl reads keys and signatures from files only.
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("key", key.pem), ("body", body), ("signature", signature)):
            Path(folder, name).write_bytes(data)
        command = "openssl pkeyutl -verify -pubin -inkey key -rawin -in body -sigfile signature"
        try:
            # A fixed command in an empty folder: nothing of the export becomes an argument.
            process = subprocess.run(  # noqa: S603  the command is constant
                command.split(), cwd=folder, capture_output=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CheckError(
                f"The signature was not checked: 'openssl' does not run ({error}). "
                "Install OpenSSL 3.0 or later and put it on the PATH."
            ) from None
    return process.returncode == 0


class _Entry(NamedTuple):
    """A line of the ledger. A tuple: a million frozen dataclasses would take seconds longer."""

    leaf: bytes
    shows: int
    kind: str = ""
    object: str = ""
    at: str = ""
    digest: bytes = bytes(32)
    erases: tuple[int, ...] = ()
    erased: bool = False


def _read_line(line: bytes, *, public: bool) -> _Entry:
    """Read one line of the ledger. It parses the content once and encodes it once."""
    if hidden := _LEAF_LINE.fullmatch(line):
        if not public:
            raise Fault("expected an entry: only a public export replaces one by its leaf hash")
        return _Entry(bytes.fromhex(hidden[1].decode()), _HIDDEN)
    head, tail = _HEAD.match(line), _TAIL.search(line, max(len(line) - _LONGEST_TAIL, 0))
    if head is None or tail is None or head.end() > tail.start():
        _refuse_line(line)
    action, at = head[1].decode(), head[3].decode()
    kind, public_id = tail[1].decode(), tail[2].decode()
    _decode(head[2])
    _require_time(at, "at")
    if (kind == "erasure") != (action == "erase"):
        raise Fault("expected the action erase for the kind erasure and for no other kind")
    content = line[head.end() : tail.start()]
    if _HASH_CONTENT.fullmatch(content):
        if kind == "erasure":
            raise Fault("expected a readable erasure: it names the erased entries and the reason")
        leaf = hashlib.sha256(b"\0" + line[:-1]).digest()
        # The action is outside the content, so a deletion stays visible after an erasure.
        shows = _DELETION if action == "delete" else _ERASED
        return _Entry(leaf, shows, kind, public_id, at, erased=True)
    shows, state, erases = _read_content(content, action, kind, public_id)
    # The leaf commits to the hash of the content, so that an erasure keeps the leaf and the tree.
    content_hash = hashlib.sha256(content).hexdigest().encode()
    leaf_text = b'\0%b"%b"%b' % (head[0], content_hash, tail[0][:-1])
    leaf = hashlib.sha256(leaf_text).digest()
    return _Entry(leaf, shows, kind, public_id, at, hashlib.sha256(state).digest(), erases)


def _refuse_line(line: bytes) -> NoReturn:
    """Raise the fault that describes a line which is not an entry."""
    text = _decode(line)
    if not text.endswith("\n"):
        raise Fault("expected a newline at the end of the line")
    # Parse it now, for the message only: first its members, then their forms, then its spelling.
    entry = _parse(text)
    _require_members(entry, _MEMBERS, "an entry")
    for name, (form, words) in _FORMS.items():
        if not isinstance(entry[name], str) or not re.fullmatch(form, entry[name]):
            raise Fault(f"expected {name} to be {words}, found {_quote(entry[name])}")
    _require_same(text, f"{_canonical_json(entry)}\n")
    raise Fault(f"expected an entry, found {_quote(entry)}")


def _read_content(
    data: bytes, action: str, kind: str, public_id: str
) -> tuple[int, bytes, tuple[int, ...]]:
    """Return the part that an entry shows, the bytes of its state, and the entries it erases."""
    text = _decode(data)
    content = _parse(text)
    if isinstance(content, str):
        raise Fault(
            f"expected content, or its hash of 64 hexadecimal digits, found {_quote(content)}"
        )
    _require_members(content, _CONTENT_MEMBERS, "content")
    reason, salt, state = content["reason"], content["salt"], content["state"]
    if not isinstance(reason, str):
        raise Fault(f"expected the reason to be text, found {_quote(reason)}")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        raise Fault(f"expected the salt to be 32 hexadecimal digits, found {_quote(salt)}")
    if (state is None) != (action == "delete"):
        raise Fault("expected the state null after a deletion and a state after any other action")
    _require_same(text, _canonical_json(content))
    before = f'{{"reason":{_json_string(reason)},"salt":"{salt}","state":'
    # The text is canonical, so the state is the rest of the content up to the closing brace.
    state_bytes = data[len(before.encode()) : -1]
    if kind == "erasure":
        _require_erasure(state, reason)
        return _ERASURE, state_bytes, tuple(state["fields"]["entries"])
    if state is None:
        return _DELETION, state_bytes, ()
    _require_state(state, kind, public_id)
    return _STATE, state_bytes, ()


def _require_state(state: Any, kind: str, public_id: str) -> None:
    _require_members(state, _STATE_MEMBERS, "the state")
    fields = state["fields"]
    if state["model"] != kind or kind == _ACCOUNTS:
        raise Fault(f"expected the state of a {kind}, found one of {_quote(state['model'])}")
    if not isinstance(fields, dict) or fields.get("public_id") != public_id:
        raise Fault(f"expected the state's public_id to be {public_id}")
    # The counter changes with every write, so a state would never be byte-equal again after it.
    if "revision" in fields:
        raise Fault("expected a state without the revision counter")


def _require_erasure(state: Any, reason: str) -> None:
    _require_members(state, _STATE_MEMBERS, "the state of an erasure")
    _require_members(state["fields"], frozenset({"entries"}), "the fields of an erasure")
    entries = state["fields"]["entries"]
    numbers = isinstance(entries, list) and all(type(item) is int for item in entries)
    if state["model"] != "erasure" or not numbers or not entries:
        raise Fault(f"expected an erasure with a list of entry numbers, found {_quote(entries)}")
    if len(set(entries)) != len(entries) or min(entries) < 0:
        raise Fault(f"expected each entry number of an erasure once, found {_quote(entries)}")
    if not reason.strip():
        raise Fault("expected an erasure with a reason")


class _Tree:
    """A Merkle tree that grows leaf by leaf and keeps only its edge (RFC 6962, section 2.1)."""

    def __init__(self) -> None:
        self.size = 0
        self.complete: list[bytes] = []  # roots of complete subtrees, largest first

    def append(self, leaf: bytes) -> None:
        size, node, complete = self.size, leaf, self.complete
        # As in adding 1 to a binary number: each trailing 1 bit is a subtree that finds its pair.
        while size & 1:
            node = hashlib.sha256(b"\x01" + complete.pop() + node).digest()
            size >>= 1
        complete.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.complete:
            return hashlib.sha256(b"").digest()
        *rest, node = self.complete
        for larger in reversed(rest):
            node = hashlib.sha256(b"\x01" + larger + node).digest()
        return node


@dataclass
class _Ledger:
    """The data of all entries that later checks need.

    Columns by entry number hold it, so that a million entries need little memory. ``newest`` is
    the replay: it maps each record's id, as an integer, to the number of its newest entry.
    """

    as_of: str | None
    tree: _Tree = field(default_factory=_Tree)
    leaves: bytearray = field(default_factory=bytearray)
    digests: bytearray = field(default_factory=bytearray)
    shows: bytearray = field(default_factory=bytearray)
    kinds: array[int] = field(default_factory=lambda: array("I"))
    kind_numbers: dict[str, int] = field(default_factory=dict)
    newest: dict[int, int] = field(default_factory=dict)
    erased: dict[int, tuple[str, str]] = field(default_factory=dict)
    erasures: list[tuple[int, str, tuple[int, ...]]] = field(default_factory=list)
    first: str = ""
    last: str = ""
    backwards: int = 0
    broken: bool = False

    def append(self, entry: _Entry) -> None:
        number = self.tree.size
        self.tree.append(entry.leaf)
        self.leaves += entry.leaf
        self.digests += entry.digest
        self.shows.append(entry.shows)
        self.kinds.append(self.kind_numbers.setdefault(entry.kind, len(self.kind_numbers)))
        if entry.shows == _HIDDEN:
            return
        self.first, self.backwards = self.first or entry.at, self.backwards + (entry.at < self.last)
        self.last = max(self.last, entry.at)
        if entry.shows == _ERASURE:
            self.erasures.append((number, entry.object, entry.erases))
            return
        if entry.erased:
            self.erased[number] = (entry.kind, entry.object)
        # Times have one fixed-width form, so they compare as text.
        if self.as_of is None or entry.at <= self.as_of:
            self._replay(number, entry)

    def _replay(self, number: int, entry: _Entry) -> None:
        record = int(entry.object.replace("-", ""), 16)
        earlier = self.newest.get(record)
        if earlier is not None and self.kinds[earlier] != self.kinds[number]:
            raise Fault(f"expected the same kind of this object as in entry {earlier}")
        self.newest[record] = number

    def live(self) -> dict[str, list[int]]:
        """Return the sorted ids of the records that remain after the replay, by kind."""
        names = list(self.kind_numbers)
        records: dict[str, list[int]] = {}
        for record, number in self.newest.items():
            if self.shows[number] == _STATE:
                records.setdefault(names[self.kinds[number]], []).append(record)
        for ids in records.values():
            ids.sort()
        return records

    def unreadable(self) -> int:
        """Return the number of records whose newest state was erased."""
        return sum(self.shows[number] == _ERASED for number in self.newest.values())

    def kind_of(self, number: int) -> str:
        return list(self.kind_numbers)[self.kinds[number]]

    def leaf(self, number: int) -> bytes:
        return bytes(self.leaves[32 * number : 32 * number + 32])

    def digest(self, number: int) -> bytes:
        return bytes(self.digests[32 * number : 32 * number + 32])

    def counts(self) -> Counts:
        erasures, hidden = self.shows.count(_ERASURE), self.shows.count(_HIDDEN)
        readable = self.tree.size - erasures - hidden - len(self.erased)
        return Counts(readable, erasures, len(self.erased), hidden)


def _read_ledger(path: Path, manifest: _Manifest, findings: _Findings) -> _Ledger:
    ledger = _Ledger(manifest.as_of)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                ledger.append(_read_line(line, public=manifest.public))
            except (Fault, RecursionError) as fault:
                ledger.broken = True
                problem = fault.message if isinstance(fault, Fault) else _TOO_DEEP
                message = f"entry {number - 1}: {problem}"
                findings.add(_LEDGER, message, line=number, record=_parse_record(line))
    return ledger


def _parse_record(line: bytes) -> str:
    """Return the kind and id of a line's record, or "" if the line shows none."""
    match = _NAMED.search(line, max(len(line) - 200, 0))
    return f"{match[1].decode()} {match[2].decode()}" if match else ""


def _find_record(path: Path, number: int) -> str:
    """Return the kind and id of an entry's record. It reads the file again to save memory."""
    with path.open("rb") as file:
        return next((_parse_record(line) for at, line in enumerate(file) if at == number), "")


def _check_tree(ledger: _Ledger, checkpoint: _Checkpoint, findings: _Findings) -> None:
    if ledger.tree.size != checkpoint.size:
        findings.add(
            _LEDGER,
            f"expected {checkpoint.size} entries as in checkpoint, found {ledger.tree.size}",
        )
    if (root := ledger.tree.root()) != checkpoint.root:
        findings.add(
            _LEDGER,
            f"expected entries with the root {_encode_base64(checkpoint.root)} as in checkpoint, "
            f"found the root {_encode_base64(root)}",
        )


def _encode_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _check_erasures(path: Path, ledger: _Ledger, findings: _Findings) -> None:
    """Check that a later erasure of the same record names every erased entry, and no others."""
    erased_by_erasures: set[int] = set()
    for number, record, erased in ledger.erasures:
        for target in erased:
            if problem := _find_erasure_problem(path, ledger, number, record, target):
                message = f"entry {number}: {problem}"
                findings.add(_LEDGER, message, line=number + 1, record=f"erasure {record}")
        erased_by_erasures.update(erased)
    for number in sorted(ledger.erased.keys() - erased_by_erasures):
        findings.add(
            _LEDGER,
            f"entry {number}: expected its content, or an erasure that names entry {number}",
            line=number + 1,
            record=" ".join(ledger.erased[number]),
        )


def _find_erasure_problem(
    path: Path, ledger: _Ledger, number: int, record: str, target: int
) -> str:
    if target >= number:
        return f"expected an erasure of earlier entries, found entry {target} among them"
    if ledger.shows[target] == _HIDDEN:
        return ""
    if target not in ledger.erased:
        return f"expected entry {target} ({_find_record(path, target)}) to be erased, found content"
    if ledger.erased[target][1] != record:
        return f"expected an erasure of this record, found entry {target} of another record"
    return ""


class _Expected(Protocol):
    """The expected rows of a fixture file: their digests, in the order of their keys."""

    keys: Sequence[Any]

    def digest(self, key: Any) -> bytes: ...

    def key(self, row: Any) -> Any:
        """Return the key of a parsed row, or raise a ``Fault``."""

    def name(self, key: Any) -> str: ...

    def row(self, key: Any) -> str:
        """Describe the expected row of a key."""

    def surplus(self, key: Any, row: Any) -> str:
        """Explain why an unexpected row is wrong, or return "" if it is allowed."""


@dataclass
class _Records:
    """The expected records of one kind: the states that remain after the replay."""

    ledger: _Ledger
    kind: str
    public: bool
    keys: Sequence[int]
    without_entry: int = 0

    def digest(self, key: int) -> bytes:
        return self.ledger.digest(self.ledger.newest[key])

    def key(self, row: Any) -> int:
        _require_members(row, _STATE_MEMBERS, "a record")
        public_id = row["fields"].get("public_id") if isinstance(row["fields"], dict) else None
        if row["model"] != self.kind or not isinstance(public_id, str):
            raise Fault(f"expected a {self.kind} with a public_id, found {_quote(row)}")
        if not _PUBLIC_ID.fullmatch(public_id):
            raise Fault(f"expected the public_id to be a UUID, found {_quote(public_id)}")
        return int(public_id.replace("-", ""), 16)

    def name(self, key: int) -> str:
        return f"{self.kind} {UUID(int=key)}"

    def row(self, key: int) -> str:
        return f"the state of entry {self.ledger.newest[key]}"

    def surplus(self, key: int, row: Any) -> str:
        number = self.ledger.newest.get(key)
        if number is None:
            text = row["fields"].get("text", "")
            # Texts are other people's copyright, so a public export has snapshots without them.
            if self.public and self.kind == "sources.snapshot" and text is None:
                self.without_entry += 1
                return ""
            return "expected no such record: no readable entry before this time has its state"
        if (kind := self.ledger.kind_of(number)) != self.kind:
            return f"expected a {kind}, as in entry {number}"
        if self.ledger.shows[number] == _DELETION:
            return f"expected no such record: entry {number} deleted it"
        return f"expected no such record: its newest state, entry {number}, was erased"


@dataclass
class _Accounts:
    """The expected accounts: exactly those that the records refer to."""

    keys: Sequence[str]

    def digest(self, key: str) -> bytes:
        return hashlib.sha256(self.row(key).encode()).digest()

    def key(self, row: Any) -> str:
        handle = row["fields"].get("handle") if _has_fields(row) else None
        if not isinstance(handle, str) or row.get("model") != _ACCOUNTS:
            raise Fault(f"expected an account with a handle, found {_quote(row)}")
        return handle

    def name(self, key: str) -> str:
        return f"{_ACCOUNTS} @{key}"

    def row(self, key: str) -> str:
        fields = {"handle": key, "is_active": False, "password": "!", "username": key}
        return _canonical_json({"fields": fields, "model": _ACCOUNTS})

    def surplus(self, key: str, row: Any) -> str:  # noqa: ARG002  as for records
        return "expected no such account: no record refers to it"


def _has_fields(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("fields"), dict)


def _iterate_rows(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the rows of a fixture with their line numbers. A ``Fault`` ends a malformed file."""
    if (line := file.readline()) != b"[\n":
        raise Fault(f"expected '[' on a line of its own, found {_quote(line)}", line=1)
    comma = True
    for number, line in enumerate(file, 2):
        if line == b"]\n":
            if number > 2 and comma:
                raise Fault("expected no comma after the last record", line=number - 1)
            if rest := file.readline():
                raise Fault(f"expected nothing after ']', found {_quote(rest)}", line=number + 1)
            return
        if line == b"]":
            raise Fault("expected a newline after ']'", line=number)
        if not comma:
            raise Fault("expected a comma at the end of the line", line=number - 1)
        if not line.endswith(b"}\n") and not line.endswith(b"},\n"):
            raise Fault(
                f"expected a record or ']' on a line of its own, found {_quote(line)}", line=number
            )
        comma = line.endswith(b",\n")
        yield number, line[: -2 if comma else -1]
    raise Fault("expected ']' on the last line, found the end of the file")


class _Comparison:
    """Compares a fixture with its expected rows, in one pass over both."""

    def __init__(self, name: str, expected: _Expected, findings: _Findings) -> None:
        self.file, self.expected, self.findings = name, expected, findings
        self.position, self.rows = 0, 0
        self.last: Any = None

    def take(self, line: int, row: bytes) -> None:
        self.rows += 1
        keys = self.expected.keys
        if self.position < len(keys):
            key = keys[self.position]
            # The usual case needs no parsing: canonical JSON makes equal states equal bytes.
            if hashlib.sha256(row).digest() == self.expected.digest(key):
                self.last, self.position = key, self.position + 1
                return
        self._explain(line, row)

    def finish(self) -> None:
        self._missing_before(None)

    def _explain(self, line: int, row: bytes) -> None:
        """Record the failure of a row that differs from the next expected row."""
        try:
            value = _parse_canonical(row)
            key = self.expected.key(value)
        except Fault as fault:
            self._add(fault.message, line)
            self.position += 1  # an unreadable row takes the place of the expected one
            return
        # Report a row out of order once, and keep the position: the expected rows still follow.
        if self.last is not None and key <= self.last:
            self._add("expected sorted records, each once", line, key)
            return
        self._missing_before(key)
        keys = self.expected.keys
        if self.position < len(keys) and keys[self.position] == key:
            if hashlib.sha256(row).digest() != self.expected.digest(key):
                self._add(f"expected {self.expected.row(key)}, found another state", line, key)
            self.position += 1
        elif problem := self.expected.surplus(key, value):
            self._add(problem, line, key)
        self.last = key

    def _missing_before(self, key: Any) -> None:
        keys = self.expected.keys
        while self.position < len(keys) and (key is None or keys[self.position] < key):
            missing = keys[self.position]
            self._add(f"expected {self.expected.row(missing)}, found nothing", None, missing)
            self.position += 1

    def _add(self, message: str, line: int | None, key: Any = None) -> None:
        record = "" if key is None else self.expected.name(key)
        self.findings.add(self.file, message, line=line, record=record)


@dataclass
class _Fixtures:
    """The fixtures of an export with the ledger that they must equal."""

    directory: Path
    names: dict[str, str]  # by kind, in order
    ledger: _Ledger
    public: bool
    findings: _Findings
    counts: dict[str, int] = field(default_factory=dict)
    handles: set[str] = field(default_factory=set)
    snapshots_without_entry: int = 0
    dangling: int = 0

    def check(self) -> None:
        live = self.ledger.live()
        for kind, name in self.names.items():
            if kind != _ACCOUNTS:
                records = _Records(self.ledger, kind, self.public, live.pop(kind, []))
                self.counts[kind] = self._compare(name, records)
                self.snapshots_without_entry += records.without_entry
        for kind, ids in sorted(live.items()):
            self.findings.add(
                f"fixtures/NN-{kind}.json",
                f"expected a fixture of {len(ids)} records, found no such file",
                record=f"{kind} {UUID(int=ids[0])}",
            )
        if accounts := self.names.get(_ACCOUNTS):
            self.counts[_ACCOUNTS] = self._compare(accounts, _Accounts(sorted(self.handles)))

    def _compare(self, name: str, expected: _Expected) -> int:
        """Compare a fixture with its expected rows, and return its number of rows."""
        comparison = _Comparison(name, expected, self.findings)
        place = list(self.names.values()).index(name)

        def walk() -> None:
            with (self.directory / name).open("rb") as file:
                for line, row in _iterate_rows(file):
                    comparison.take(line, row)
                    self._follow_references(place, line, row)
            comparison.finish()

        self.findings.attempt(name, walk)
        return comparison.rows

    def _follow_references(self, place: int, line: int, row: bytes) -> None:
        """Collect the accounts in a row, and check that ``loaddata`` finds its other references."""
        for reference in _REFERENCE.findall(row):
            text = reference.decode()
            if text.startswith("@"):
                self.handles.add(text[1:])
                continue
            number = self.ledger.newest.get(int(text.replace("-", ""), 16))
            if number is None or self.ledger.shows[number] != _STATE:
                # In a part of a ledger a reference may lead outside; a note counts them.
                self.dangling += 1
                continue
            kind, names = self.ledger.kind_of(number), list(self.names)
            if kind in names and names.index(kind) > place:
                message = f"expected {self.names[kind]} before this file, which refers to {text}"
                self.findings.add(self.names[names[place]], message, line=line)


def _order_fixtures(files: frozenset[str], findings: _Findings) -> dict[str, str]:
    """Return the fixture names by kind in their order: numbers from 00, each kind once."""
    names: dict[str, str] = {}
    candidates = (_FIXTURE_NAME.fullmatch(name) for name in files)
    matches = sorted((m for m in candidates if m), key=lambda m: (int(m[1]), m[0]))
    for place, match in enumerate(matches):
        if match[1] != f"{place:02}":
            message = f"expected the number {place:02}: fixtures count from 00 without gaps"
            findings.add(match[0], message)
        if match[2] in names:
            findings.add(
                match[0], f"expected one fixture of {match[2]}, found {names[match[2]]} too"
            )
        names.setdefault(match[2], match[0])
    return names


@dataclass(frozen=True)
class _Export:
    """The parts of an export that could be read; None where a part could not."""

    directory: Path
    manifest: _Manifest | None
    key: Key | None
    checkpoint: _Checkpoint | None
    ledger: _Ledger | None
    fixtures: _Fixtures | None


def _check_export(directory: Path, trusted: Key | None, findings: _Findings) -> _Export:
    # Each part is checked even if another fails, so that a report shows every failure.
    files = _list_files(directory, findings)
    if _SUMS in files:
        _check_sums(directory, files, findings)

    def read(name: str, reader: Callable[[Path], T]) -> T | None:
        return findings.attempt(name, lambda: reader(directory / name)) if name in files else None

    manifest = read("manifest.json", _read_manifest)
    key = _check_key(directory, read("public_key.txt", _read_key), trusted, files, findings)
    checkpoint = read("checkpoint", _read_checkpoint)
    _check_origin(manifest, key, checkpoint, findings)
    if checkpoint and key:
        signed, by = checkpoint, key
        findings.attempt("checkpoint", lambda: _check_signature(signed, by))
    if manifest is None or _LEDGER not in files:
        return _Export(directory, manifest, key, checkpoint, None, None)
    ledger = _read_ledger(directory / _LEDGER, manifest, findings)
    # Without every leaf hash the root and the replay would only produce misleading failures.
    if ledger.broken:
        return _Export(directory, manifest, key, checkpoint, None, None)
    # SHA256SUMS is not signed. Only the checkpoint proves the entries, so each count is compared.
    if ledger.tree.size != manifest.entries:
        message = f"expected as many entries as {_LEDGER} has, {ledger.tree.size}"
        findings.add("manifest.json", f"{message}, found {manifest.entries}")
    if checkpoint:
        _check_tree(ledger, checkpoint, findings)
    _check_erasures(directory / _LEDGER, ledger, findings)
    names = _order_fixtures(files, findings)
    fixtures = _Fixtures(directory, names, ledger, manifest.public, findings)
    fixtures.check()
    return _Export(directory, manifest, key, checkpoint, ledger, fixtures)


def _check_key(
    directory: Path,
    key: Key | None,
    trusted: Key | None,
    files: frozenset[str],
    findings: _Findings,
) -> Key | None:
    """Compare the folder's two forms of the key with each other and with the trusted key."""
    # The key in the folder proves nothing by itself: whoever rewrites the folder replaces it too.
    if key and trusted and key != trusted:
        findings.add("public_key.txt", f"expected the key {trusted}, found {key}")
    if key and "public_key.pem" in files:
        pem = (directory / "public_key.pem").read_bytes()
        if pem != key.pem:
            expected = key.pem.splitlines()[1].decode()
            findings.add("public_key.pem", f"expected the key of public_key.txt, {expected}")
    return trusted or key


def _check_origin(
    manifest: _Manifest | None, key: Key | None, checkpoint: _Checkpoint | None, findings: _Findings
) -> None:
    if checkpoint is None:
        return
    if manifest and manifest.origin != checkpoint.origin:
        message = f"expected the origin {checkpoint.origin} as in checkpoint"
        findings.add("manifest.json", f"{message}, found {_quote(manifest.origin)}")
    if key and key.name != checkpoint.origin:
        message = f"expected the origin {checkpoint.origin} as in checkpoint"
        findings.add("public_key.txt", f"{message}, found {_quote(key.name)}")


def _check_previous(older: _Export, newer: _Export, findings: _Findings) -> list[str]:
    """Check that the newer export begins with the unchanged entries of the older one.

    Returns notes on entries that have become unreadable since.
    """
    # Another key or origin is a failure: with it anybody could sign another history.
    if older.key and newer.key and older.key != newer.key:
        findings.add(
            "public_key.txt", f"expected the earlier export's key {older.key}, found {newer.key}"
        )
    if older.checkpoint and newer.checkpoint and older.checkpoint.origin != newer.checkpoint.origin:
        message = f"expected the earlier export's origin {older.checkpoint.origin}"
        findings.add("checkpoint", f"{message}, found {newer.checkpoint.origin}", line=1)
    if older.ledger is None or newer.ledger is None:
        return []
    before, after = older.ledger, newer.ledger
    if after.tree.size < before.tree.size:
        message = f"expected at least the {before.tree.size} entries of the earlier export"
        findings.add(_LEDGER, f"{message}, found {after.tree.size}")
    common = min(before.tree.size, after.tree.size)
    # Compare leaf hashes, not lines: they stay the same when an entry is erased or hidden.
    if before.leaves[: 32 * common] != after.leaves[: 32 * common]:
        _report_rewritten(older, newer, common, findings)
        return []
    return _visibility_notes(before, after, common)


def _report_rewritten(older: _Export, newer: _Export, common: int, findings: _Findings) -> None:
    before, after = older.ledger, newer.ledger
    if before is None or after is None:
        return
    changed = [number for number in range(common) if before.leaf(number) != after.leaf(number)]
    first = changed[0]
    was = _find_record(older.directory / _LEDGER, first) or "hidden"
    findings.add(
        _LEDGER,
        f"entry {first}: expected the leaf hash {before.leaf(first).hex()} that the earlier export "
        f"has here ({was}), found {after.leaf(first).hex()}; {len(changed)} entries differ",
        line=first + 1,
        record=_find_record(newer.directory / _LEDGER, first),
    )


def _visibility_notes(before: _Ledger, after: _Ledger, common: int) -> list[str]:
    notes = []
    erased = [number for number in after.erased if number < common and number not in before.erased]
    erased = [number for number in erased if before.shows[number] != _HIDDEN]
    hidden = [
        number
        for number in range(common)
        if after.shows[number] == _HIDDEN and before.shows[number] != _HIDDEN
    ]
    if erased:
        notes.append(f"readable in the earlier export, erased since: {_format_numbers(erased)}.")
    if hidden:
        notes.append(
            f"readable in the earlier export, hidden in this one: {_format_numbers(hidden)}."
        )
    return notes


def _format_numbers(numbers: Sequence[int]) -> str:
    first = ", ".join(map(str, numbers[:10]))
    return f"entries {first}" if len(numbers) <= 10 else f"{len(numbers)} entries, {first} ..."


def verify(
    directory: str | os.PathLike[str],
    previous: str | os.PathLike[str] | None = None,
    key: str | None = None,
) -> Report:
    """Check the export in ``directory`` and return a report.

    ``previous`` is an older export of the same ledger. It is checked too, and ``directory`` must
    continue it. ``key`` is a C2SP verifier key, or the name of a file that contains one. Raises
    ``CheckError`` if the check could not run.
    """
    path = Path(directory)
    failures: list[Failure] = []
    notes: list[str] = []
    export = None
    complete = True
    try:
        trusted = None if key is None else _trusted_key(key)
        for folder in (path, previous):
            if folder is not None and not Path(folder).is_dir():
                raise CheckError(f"{folder} is not a folder.")
        older = None
        if previous is not None:
            findings = _Findings(failures, "earlier export: ")
            older = _check_export(Path(previous), trusted, findings)
        export = _check_export(path, trusted, _Findings(failures))
        if older is not None:
            notes += _check_previous(older, export, _Findings(failures))
    except _TooManyFailures:
        complete = False
    except OSError as error:
        raise CheckError(f"The export is not readable: {error}") from error
    if export is None or failures:
        return Report(path, tuple(failures), complete, notes=tuple(notes))
    return Report(
        path,
        (),
        complete,
        _build_summary(export),
        (*notes, *_build_notes(export)),
        _list_unchecked(export, with_key=key is not None, with_previous=previous is not None),
    )


def _build_summary(export: _Export) -> Summary | None:
    manifest, checkpoint, ledger, fixtures = (
        export.manifest,
        export.checkpoint,
        export.ledger,
        export.fixtures,
    )
    if manifest is None or checkpoint is None or ledger is None or fixtures is None:
        return None
    return Summary(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=_encode_base64(checkpoint.root),
        key=str(export.key),
        public=manifest.public,
        as_of=manifest.as_of,
        first=ledger.first,
        last=ledger.last,
        entries=ledger.counts(),
        records=tuple(fixtures.counts.items()),
    )


def _build_notes(export: _Export) -> list[str]:
    ledger, fixtures, checkpoint = export.ledger, export.fixtures, export.checkpoint
    notes = []
    if checkpoint and len(checkpoint.signatures) > 1:
        others = len(checkpoint.signatures) - 1
        notes.append(f"the checkpoint has {others} signatures by other keys.")
    if ledger and ledger.backwards:
        notes.append(f"{ledger.backwards} entries have an earlier time than an entry before them.")
    if fixtures and fixtures.dangling:
        notes.append(f"{fixtures.dangling} references lead to records outside the fixtures.")
    if (export.directory / "verify.py").read_bytes() != Path(__file__).read_bytes():
        notes.append("the folder's verify.py differs from this program.")
    return notes


def _list_unchecked(export: _Export, *, with_key: bool, with_previous: bool) -> tuple[str, ...]:
    ledger, fixtures = export.ledger, export.fixtures
    items = []
    if not with_key:
        items.append("the owner of the key. Give a key from another source with --key.")
    if not with_previous:
        items.append("a rewritten history. Give an older export with --previous.")
    if ledger and (hidden := ledger.shows.count(_HIDDEN)):
        items.append(
            f"the content, the records and the age of {hidden} hidden entries. Only their places "
            "in the ledger are certain."
        )
    if ledger and ledger.erased:
        items.append(f"the content of {len(ledger.erased)} erased entries.")
    if ledger and (lost := ledger.unreadable()):
        items.append(
            f"the state of {lost} records, erased and not written again. No fixture has it."
        )
    if fixtures and (without := fixtures.snapshots_without_entry):
        items.append(f"{without} snapshots in the fixtures, which have no readable entry.")
    items.append("README.txt, and the truth of times, actors and reasons.")
    return tuple(items)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the report and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="verify.py", description="Verify an audit export.", epilog="See README.txt."
    )
    parser.add_argument("directory", nargs="?", metavar="DIR", default=Path(__file__).parent)
    parser.add_argument("--previous", metavar="OLDER_DIR", help="an older export of the ledger")
    parser.add_argument(
        "--key", metavar="VERIFIER_KEY_OR_FILE", help="the ledger's key, from another source"
    )
    options = parser.parse_args(argv)
    try:
        report = verify(options.directory, options.previous, options.key)
    except CheckError as error:
        sys.stderr.write(escape_line(f"NOT VERIFIED: {error}"))
        return 2
    sys.stdout.writelines(map(escape_line, report.lines()))
    return 0 if report.verified else 1


def escape_line(line: str) -> str:
    """Return a line of printable ASCII, so that text of an export cannot control a terminal."""
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
    return printable.encode("ascii", "backslashreplace").decode() + "\n"


if __name__ == "__main__":
    sys.exit(main())
