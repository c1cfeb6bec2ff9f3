# ruff: noqa: E501  the lists are tables: one case, one line
"""A list of manipulations of an audit export.

Each takes the folder of an export, written by any program. The export must be signed with
``exports.KEY`` as ``exports.ORIGIN``. Its ledger must have a creation, a change, a deletion, an
erased entry and its erasure.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from tests.core.ledger import exports

Tamper = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A manipulation, and the file and the words of the failure that must report it."""

    words: str
    tamper: Tamper
    file: str
    says: str

    def __str__(self) -> str:
        return self.words.replace(" ", "_")


def edit(name: str, change: Callable[[bytes], bytes]) -> Tamper:
    def tamper(folder: Path) -> None:
        path = folder / name
        data = path.read_bytes()
        path.write_bytes(change(data))
        assert path.read_bytes() != data

    return tamper


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


def fixture(folder: Path, kind: str) -> str:
    (path,) = (folder / "fixtures").glob(f"*-{kind}.json")
    return f"fixtures/{path.name}"


def edit_fixture(kind: str, change: Callable[[bytes], bytes]) -> Tamper:
    return lambda folder: edit(fixture(folder, kind), change)(folder)


def edit_rows(kind: str, change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    def tamper(folder: Path) -> None:
        path = folder / fixture(folder, kind)
        exports.write_rows(path, change(exports.read_rows(path)))

    return tamper


def edit_lines(change: Callable[[list[bytes]], list[bytes]]) -> Tamper:
    return lambda folder: exports.write_lines(folder, change(exports.read_lines(folder)))


def first(lines: list[bytes], **wanted: object) -> int:
    """Return the number of the first readable entry, or of the first with these members."""
    for number, line in enumerate(lines):
        entry = json.loads(line)
        if (wanted or isinstance(entry["content"], dict)) and wanted.items() <= entry.items():
            return number
    raise LookupError(wanted)


def first_erased(lines: list[bytes]) -> int:
    entries = map(json.loads, lines)
    return next(n for n, entry in enumerate(entries) if isinstance(entry["content"], str))


def edit_line(change: Callable[[bytes], bytes], **wanted: object) -> Tamper:
    def tamper(lines: list[bytes]) -> list[bytes]:
        number = first(lines, **wanted)
        changed = change(lines[number])
        assert changed != lines[number]
        return [*lines[:number], changed, *lines[number + 1 :]]

    return edit_lines(tamper)


def edit_entry(change: Callable[[dict[str, Any]], object], **wanted: object) -> Tamper:
    """Change an entry and write it canonically again."""

    def tamper(line: bytes) -> bytes:
        entry = json.loads(line)
        change(entry)
        return rfc8785.dumps(entry)

    return edit_line(tamper, **wanted)


def edit_erasure(change: Callable[[dict[str, Any]], object]) -> Tamper:
    return edit_entry(change, kind="erasure")


def entries_named(numbers: list[object]) -> Tamper:
    return edit_erasure(lambda e: e["content"]["state"]["fields"].update(entries=numbers))


def put(**members: object) -> Callable[[dict[str, Any]], object]:
    return lambda entry: entry.update(members)


def put_content(**members: object) -> Callable[[dict[str, Any]], object]:
    return lambda entry: entry["content"].update(members)


def hide(line: bytes) -> bytes:
    return rfc8785.dumps({"leaf": exports.leaf_hash(json.loads(line)).hex()})


def erase(line: bytes) -> bytes:
    entry = json.loads(line)
    return rfc8785.dumps({**entry, "content": exports.content_hash(entry["content"])})


def point_erasure_at_another(lines: list[bytes]) -> list[bytes]:
    number = next(n for n, line in enumerate(lines) if json.loads(line)["kind"] == "erasure")
    entry = json.loads(lines[number])
    entry["content"]["state"]["fields"]["entries"].append(0)
    lines[0] = erase(lines[0])
    return [*lines[:number], rfc8785.dumps(entry), *lines[number + 1 :]]


def shorten(folder: Path) -> None:
    """Leave out the last entry, and with it whatever only it has changed."""
    exports.write_lines(folder, exports.read_lines(folder)[:-1])


def manifest(**members: object) -> Tamper:
    return lambda folder: exports.write_manifest(folder, **members)


def without_manifest_member(folder: Path) -> None:
    path = folder / "manifest.json"
    members = json.loads(path.read_bytes())
    del members["as_of"]
    path.write_bytes(rfc8785.dumps(members))


def remove(name: str) -> Tamper:
    return lambda folder: (folder / name).unlink()


def link(folder: Path) -> None:
    target = folder.parent / "elsewhere.txt"
    (folder / "README.txt").rename(target)
    (folder / "README.txt").symlink_to(target)


def link_folder(folder: Path) -> None:
    (folder / "fixtures").rename(folder.parent / "elsewhere")
    (folder / "fixtures").symlink_to(folder.parent / "elsewhere")


def swap_fixture_numbers(folder: Path) -> None:
    low, high = sorted((folder / "fixtures").iterdir())[1:3]
    new_low = low.with_name(low.name[:2] + high.name[2:])
    new_high = high.with_name(high.name[:2] + low.name[2:])
    low.rename(new_high)
    high.rename(new_low)


def rename_fixture(kind: str, number: str) -> Tamper:
    def tamper(folder: Path) -> None:
        path = folder / fixture(folder, kind)
        path.rename(path.with_name(f"{number}-{kind}.json"))

    return tamper


def copy_fixture(folder: Path) -> None:
    files = sorted((folder / "fixtures").iterdir())
    text = files[-1].read_bytes()
    (folder / "fixtures" / f"{len(files):02}{files[-1].name[2:]}").write_bytes(text)


def second_signature(folder: Path) -> None:
    path = folder / "checkpoint"
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")


def signature_bits_unused(data: bytes) -> bytes:
    """Set a bit of the base64 that no byte of the signature has."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = data.rindex(b"=") - 1
    return data[:last] + alphabet[alphabet.index(data[last]) ^ 1 :][:1] + data[last + 1 :]


def intruder(folder: Path) -> None:
    """Put another key in, and sign everything with it."""
    exports.write_key(folder, exports.ANOTHER_KEY)
    exports.sign(folder, exports.ANOTHER_KEY)


def another_origin(folder: Path) -> None:
    exports.write_key(folder, origin="another.example/ledger")
    exports.sign(folder, origin="another.example/ledger")
    exports.write_manifest(folder, origin="another.example/ledger")


def also(*steps: Tamper) -> Tamper:
    def tamper(folder: Path) -> None:
        for step in steps:
            step(folder)

    return tamper


def recount(folder: Path) -> None:
    exports.write_manifest(folder, entries=len(exports.read_lines(folder)))


def body(change: Callable[[list[str]], list[str]]) -> Tamper:
    """Change the lines of the checkpoint, and sign them."""

    def tamper(folder: Path) -> None:
        lines = (folder / "checkpoint").read_text().split("\n")[:3]
        exports.sign_text(folder, "".join(f"{line}\n" for line in change(lines)))

    return tamper


def flip(name: str, byte: int, bit: int) -> Tamper:
    def change(data: bytes) -> bytes:
        at = byte % len(data)
        return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]

    return edit(name, change)


def case_of(name: str, words: str, change: Callable[[bytes], bytes]) -> Case:
    return Case(f"{name} {words}", edit(name, change), name, "expected SHA-256")


PLAIN_FILES: Final = (
    "README.txt",
    "verify.py",
    "checkpoint",
    "public_key.pem",
    "public_key.txt",
    "manifest.json",
    "ledger.ndjson",
    "fixtures/00-core.user.json",
)
LEDGER: Final = "ledger.ndjson"
CLAIMS: Final = "claims.claim.json"

# Nothing is repaired: the sums detect these.
BY_SUMS: Final = [
    *(case_of(name, "with a bit flipped", lambda d: bytes([d[0] ^ 1]) + d[1:]) for name in PLAIN_FILES),
    *(case_of(name, "emptied", lambda _: b"") for name in PLAIN_FILES),
    *(case_of(name, "cut short", lambda d: d[:-1]) for name in PLAIN_FILES),
    *(case_of(name, "with a byte more", lambda d: d + b"\n") for name in PLAIN_FILES),
    *(
        Case(f"{name} removed", remove(name), name, "missing")
        for name in (*PLAIN_FILES, "SHA256SUMS")
    ),
    Case("a file more", lambda f: (f / "more.txt").write_text(""), "more.txt", "does not belong"),
    Case("a hidden file more", lambda f: (f / ".x").write_text(""), ".x", "does not belong"),
    Case("a folder more", lambda f: (f / "more").mkdir(), "more", "does not belong"),
    Case("a file more in fixtures", lambda f: (f / "fixtures" / "x.json").write_text(""), "fixtures/x.json", "does not belong"),
    Case("a fixture more", lambda f: (f / "fixtures" / "99-a.b.json").write_text("[\n]\n"), "fixtures/99-a.b.json", "a line for this file"),
    Case("a link for a file", link, "README.txt", "symbolic link"),
    Case("a link for fixtures", link_folder, "fixtures", "symbolic link"),
    Case("sums of a file outside", edit("SHA256SUMS", lambda d: d + b"0" * 64 + b"  ../x\n"), "SHA256SUMS", "name of a file"),
    Case("sums of a file at the root", edit("SHA256SUMS", lambda d: d + b"0" * 64 + b"  /etc/passwd\n"), "SHA256SUMS", "name of a file"),
    Case("sums with a detour", edit("SHA256SUMS", replaced(b"  fixtures/", b"  fixtures/../fixtures/")), "SHA256SUMS", "name of a file"),
    Case("sums of a missing file", edit("SHA256SUMS", lambda d: d + b"0" * 64 + b"  fixtures/99-a.b.json\n"), "SHA256SUMS", "missing"),
    Case("sums twice of a file", edit("SHA256SUMS", lambda d: d + d.splitlines(keepends=True)[0]), "SHA256SUMS", "once"),
    Case("sums of themselves", edit("SHA256SUMS", lambda d: d + b"0" * 64 + b"  SHA256SUMS\n"), "SHA256SUMS", "name of a file"),
    Case("sums without one file", edit("SHA256SUMS", lambda d: b"".join(d.splitlines(keepends=True)[1:])), "README.txt", "a line for this file"),
    Case("sums in capitals", edit("SHA256SUMS", lambda d: d[:64].upper() + d[64:]), "SHA256SUMS", "hexadecimal"),
    Case("sums with CRLF", edit("SHA256SUMS", replaced(b"\n", b"\r\n")), "SHA256SUMS", "name of a file"),
    Case("sums emptied", edit("SHA256SUMS", lambda _: b""), LEDGER, "a line for this file"),
    Case("sums that are no text", edit("SHA256SUMS", lambda d: b"\xff" + d), "SHA256SUMS", "UTF-8"),
]  # fmt: skip

# The sums are repaired: the contents detect these.
WITH_SUMS: Final = [
    Case("an entry removed", edit_lines(lambda x: x[:1] + x[2:]), LEDGER, "root"),
    Case("the last entry removed", edit_lines(lambda x: x[:-1]), LEDGER, "expected 14 entries"),
    Case("an entry twice", edit_lines(lambda x: [x[0], *x]), LEDGER, "root"),
    Case("entries swapped", edit_lines(lambda x: [x[1], x[0], *x[2:]]), LEDGER, "root"),
    Case("an entry added", edit_lines(lambda x: [*x, x[-1]]), LEDGER, "root"),
    Case("a reason edited", edit_entry(put_content(reason="Other")), LEDGER, "root"),
    Case("a time edited", edit_entry(put(at="2020-01-01T00:00:00.000000Z")), LEDGER, "root"),
    Case("an actor edited", edit_entry(put(actor="@mallory")), LEDGER, "root"),
    Case("a salt edited", edit_entry(put_content(salt="0" * 32)), LEDGER, "root"),
    Case("an erased hash edited", edit_lines(lambda x: [re.sub(rb'(t":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, y) for y in x]), LEDGER, "root"),
    Case("a ledger without entries", edit(LEDGER, lambda _: b""), LEDGER, "expected 14 entries"),
    Case("an intruder's key", lambda f: exports.write_key(f, exports.ANOTHER_KEY), "checkpoint", "one signature by"),
    Case("an intruder's pem", edit("public_key.pem", lambda d: d.replace(d[60:64], b"AAAA")), "public_key.pem", "key of public_key.txt"),
    Case("a pem with a comment", edit("public_key.pem", lambda d: b"# x\n" + d), "public_key.pem", "key of public_key.txt"),
    Case("a key hash edited", edit("public_key.txt", lambda d: d.replace(d[20:28], b"00000000")), "public_key.txt", "key hash"),
    Case("a key of another sort", edit("public_key.txt", replaced(b"+A", b"+B")), "public_key.txt", "Ed25519"),
    Case("no key", edit("public_key.txt", lambda _: b"none"), "public_key.txt", "verifier key"),
    Case("a key that is no text", edit("public_key.txt", lambda d: b"\xff" + d), "public_key.txt", "UTF-8"),
    Case("a size edited", edit("checkpoint", replaced(b"\n14\n", b"\n13\n")), "checkpoint", "signature is not"),
    Case("a root edited", edit("checkpoint", lambda d: re.sub(rb"\n[^\n]{43}=\n", b"\n" + b"A" * 43 + b"=\n", d)), "checkpoint", "signature is not"),
    Case("a signature edited", edit("checkpoint", lambda d: d[:-20] + bytes([d[-20] ^ 1]) + d[-19:]), "checkpoint", "signature"),
    Case("a signature written another way", edit("checkpoint", signature_bits_unused), "checkpoint", "base64"),
    Case("a signature twice", second_signature, "checkpoint", "one signature by"),
    Case("no signature", edit("checkpoint", lambda d: d.split(b"\n\n")[0] + b"\n\n"), "checkpoint", "three lines"),
    Case("a checkpoint with an extension", body(lambda lines: [*lines, "more"]), "checkpoint", "three lines"),
    Case("a checkpoint with CRLF", edit("checkpoint", lambda d: d.replace(b"\n", b"\r\n")), "checkpoint", "three lines"),
    Case("a size with a zero before it", body(lambda x: [x[0], "014", x[2]]), "checkpoint", "number of entries"),
    Case("a huge size", body(lambda x: [x[0], "9" * 5000, x[2]]), "checkpoint", "number of entries"),
    Case("a size of another ledger", body(lambda x: [x[0], "15", x[2]]), LEDGER, "expected 15 entries"),
    Case("a short root", body(lambda x: [x[0], x[1], "AAAA"]), "checkpoint", "32 bytes"),
    Case("a checkpoint of another origin", lambda f: exports.sign(f, origin="another.example/ledger"), "manifest.json", "another.example"),
    Case("a manifest of another origin", manifest(origin="another.example/ledger"), "manifest.json", "another.example"),
    Case("a key of another origin", lambda f: exports.write_key(f, origin="another.example/ledger"), "public_key.txt", "another.example"),
    Case("a manifest with fewer entries", manifest(entries=13), "manifest.json", "as many entries"),
    Case("a manifest of another format", manifest(format=2), "manifest.json", "format 1"),
    Case("a manifest with true for 1", manifest(format=True), "manifest.json", "format 1"),
    Case("a manifest with text for a number", manifest(entries="14"), "manifest.json", "a number"),
    Case("a manifest with 0 for false", manifest(public=0), "manifest.json", "true or false"),
    Case("a manifest with a member more", manifest(more=1), "manifest.json", "members"),
    Case("a manifest with a member less", without_manifest_member, "manifest.json", "members"),
    Case("a manifest that is a list", edit("manifest.json", lambda _: b"[]"), "manifest.json", "an object"),
    Case("a manifest with a space", edit("manifest.json", replaced(b":", b": ")), "manifest.json", "canonical"),
    Case("a manifest with a line more", edit("manifest.json", lambda d: d + b"\n"), "manifest.json", "canonical"),
    Case("a manifest that is no JSON", edit("manifest.json", lambda _: b"{"), "manifest.json", "JSON"),
    Case("as of no time", manifest(as_of="yesterday"), "manifest.json", "UTC time"),
    Case("as of another zone", manifest(as_of="2026-11-23T05:43:09.123456+01:00"), "manifest.json", "UTC time"),
    Case("as of a moment before the last change", manifest(as_of="2026-11-23T05:43:12.999999Z"), CLAIMS, "state of entry 11"),
    Case("as of before everything", manifest(as_of="2020-01-01T00:00:00.000000Z"), CLAIMS, "no such record"),
    # Fixtures
    Case("a fixture edited", edit_fixture("sources.publisher", replaced(b"Harbour News", b"Harbour Lies")), "sources.publisher.json", "state of entry 12"),
    Case("a fixture of an older state", edit_fixture("sources.publisher", replaced(b"Harbour News", b"Harbour Post")), "sources.publisher.json", "state of entry 12"),
    Case("a record removed", edit_rows("claims.claim", lambda x: x[1:]), CLAIMS, "found nothing"),
    Case("the last record removed", edit_rows("claims.claim", lambda x: x[:-1]), CLAIMS, "found nothing"),
    Case("a record twice", edit_rows("claims.claim", lambda x: [x[0], *x]), CLAIMS, "sorted records, each once"),
    Case("records swapped", edit_rows("claims.claim", lambda x: x[::-1]), CLAIMS, "sorted records, each once"),
    Case("a record that never was", edit_rows("claims.claim", lambda x: [*x, x[-1].replace(b"000006", b"00000a")]), CLAIMS, "no such record"),
    Case("a record that was deleted", edit_rows("claims.claim", lambda x: [x[0], x[0].replace(b"000004", b"000005"), *x[1:]]), CLAIMS, "deleted it"),
    Case("a record among another kind", edit_rows("claims.topic", lambda _: [rfc8785.dumps(exports.state("claims.topic", exports.FIRST_CLAIM))]), "claims.topic.json", "expected a claims.claim"),
    Case("a record of another model", edit_fixture("sources.publisher", replaced(b'"model":"sources', b'"model":"courses')), "sources.publisher.json", "expected a sources.publisher"),
    Case("a snapshot without its text", edit_fixture("sources.snapshot", lambda d: re.sub(rb'"text":"[^"]*"', b'"text":null', d)), "sources.snapshot.json", "state of entry 2"),
    Case("a record with a key more", edit_fixture("sources.publisher", replaced(b',"model"', b',"pk":1,"model"')), "sources.publisher.json", "canonical"),
    Case("a record with a primary key", edit_fixture("sources.publisher", replaced(b'publisher"}', b'publisher","pk":1}')), "sources.publisher.json", "members"),
    Case("a record with a space", edit_fixture("sources.publisher", replaced(b'{"', b'{ "')), "sources.publisher.json", "canonical"),
    Case("a record with a key twice", edit_fixture("sources.publisher", replaced(b'{"name"', b'{"name":"","name"')), "sources.publisher.json", "canonical"),
    Case("a record that is no object", edit_rows("claims.topic", lambda _: [b'"}']), "claims.topic.json", "JSON"),
    Case("fixtures with CRLF", edit_fixture("claims.claim", lambda d: d.replace(b"\n", b"\r\n")), CLAIMS, "'['"),
    Case("fixtures with a byte order mark", edit_fixture("claims.claim", lambda d: b"\xef\xbb\xbf" + d), CLAIMS, "'['"),
    Case("fixtures on one line", edit_fixture("claims.claim", lambda d: d.replace(b"\n", b"")), CLAIMS, "'['"),
    Case("fixtures that are not closed", edit_fixture("claims.claim", lambda d: d[:-2]), CLAIMS, "']'"),
    Case("fixtures without a newline at the end", edit_fixture("claims.claim", lambda d: d[:-1]), CLAIMS, "a newline"),
    Case("fixtures with more at the end", edit_fixture("claims.claim", lambda d: d + b"[]\n"), CLAIMS, "nothing after"),
    Case("fixtures with a comma more", edit_fixture("claims.claim", lambda d: d[:-3] + b",\n]\n"), CLAIMS, "no comma"),
    Case("fixtures with a comma less", edit_fixture("claims.claim", replaced(b"},\n", b"}\n")), CLAIMS, "a comma"),
    Case("fixtures with an empty line", edit_fixture("claims.claim", replaced(b"\n", b"\n\n")), CLAIMS, "a record or"),
    Case("fixtures emptied", edit_fixture("claims.claim", lambda _: b""), CLAIMS, "'['"),
    Case("fixtures without records", edit_rows("claims.claim", lambda _: []), CLAIMS, "found nothing"),
    Case("a kind without a fixture", lambda f: (f / fixture(f, "claims.reviewversion")).unlink(), "claims.reviewversion.json", "no such file"),
    Case("a gap in the numbers", lambda f: (f / fixture(f, "claims.topic")).unlink(), CLAIMS, "expected the number"),
    Case("a number written otherwise", rename_fixture("claims.reviewversion", "006"), "claims.reviewversion.json", "expected the number"),
    Case("a number twice", rename_fixture("claims.reviewversion", "05"), "claims.reviewversion.json", "expected the number"),
    Case("two fixtures of a kind", copy_fixture, "claims.reviewversion.json", "one fixture"),
    Case("fixtures in another order", swap_fixture_numbers, "sources.document.json", "before this file"),
    # Accounts
    Case("an account that can sign in", edit_rows("core.user", lambda x: [exports.account("ada", "pbkdf2_sha256$1$a$b"), *x[1:]]), "core.user.json", "password"),
    Case("an account that is active", edit_fixture("core.user", replaced(b"false", b"true")), "core.user.json", "is_active"),
    Case("an account with an address", edit_fixture("core.user", replaced(b'"handle"', b'"email":"a@b.example","handle"')), "core.user.json", "expected {"),
    Case("an account with another login", edit_fixture("core.user", replaced(b'"username":"ada"', b'"username":"root"')), "core.user.json", "expected {"),
    Case("an account removed", edit_rows("core.user", lambda x: x[1:]), "core.user.json", "found nothing"),
    Case("an account that nobody names", edit_rows("core.user", lambda x: [*x, exports.account("zoe", "!")]), "core.user.json", "no such account"),
    Case("an account twice", edit_rows("core.user", lambda x: [x[0], *x]), "core.user.json", "each once"),
    Case("accounts swapped", edit_rows("core.user", lambda x: x[::-1]), "core.user.json", "sorted records"),
    Case("a group among the accounts", edit_fixture("core.user", replaced(b'core.user"', b'auth.group"')), "core.user.json", "an account"),
    # The form of the ledger's lines
    Case("a line with a space", edit_line(replaced(b'":', b'": ')), LEDGER, "canonical"),
    Case("a line with a space before it", edit_line(lambda x: b" " + x), LEDGER, "JSON"),
    Case("a line with a space after it", edit_line(lambda x: x + b" "), LEDGER, "canonical"),
    Case("a line with a second object", edit_line(lambda x: x + b"{}"), LEDGER, "canonical"),
    Case("a line with CRLF", edit_line(lambda x: x + b"\r"), LEDGER, "canonical"),
    Case("a line with a byte order mark", edit_line(lambda x: b"\xef\xbb\xbf" + x), LEDGER, "JSON"),
    Case("an empty line", edit_lines(lambda x: [b"", *x]), LEDGER, "JSON"),
    Case("a last line without newline", edit(LEDGER, lambda d: d[:-1]), LEDGER, "newline"),
    Case("a last line cut short", edit(LEDGER, lambda d: d[:-9]), LEDGER, "newline"),
    Case("keys in another order", edit_line(lambda x: json.dumps(dict(reversed(json.loads(x).items())), separators=(",", ":"), ensure_ascii=False).encode()), LEDGER, "canonical"),
    Case("a key twice", edit_line(replaced(b'{"action"', b'{"action":"change","action"')), LEDGER, "canonical"),
    Case("a key twice inside", edit_line(replaced(b'{"reason"', b'{"reason":"","reason"')), LEDGER, "canonical"),
    Case("a letter escaped", edit_line(replaced(b"Harbour", b"\\u0048arbour")), LEDGER, "canonical"),
    Case("a slash escaped", edit_line(replaced(b"Harbour", b"\\/")), LEDGER, "canonical"),
    Case("half of a surrogate pair", edit_line(replaced(b"Harbour", b"\\ud800")), LEDGER, "canonical"),
    Case("bytes that are not UTF-8", edit_line(replaced(b"Harbour", b"\xc3\x28")), LEDGER, "UTF-8"),
    Case("a surrogate in UTF-8", edit_line(replaced(b"Harbour", b"\xed\xa0\x80")), LEDGER, "UTF-8"),
    Case("a control character", edit_line(replaced(b"Harbour", b"\x00")), LEDGER, "JSON"),
    Case("a float", edit_line(replaced(b'"Harbour Post"', b"1.0")), LEDGER, "integers"),
    Case("an exponent", edit_line(replaced(b'"Harbour Post"', b"1e400")), LEDGER, "integers"),
    Case("not a number", edit_line(replaced(b'"Harbour Post"', b"NaN")), LEDGER, "integers"),
    Case("minus zero", edit_line(replaced(b'"Harbour Post"', b"-0")), LEDGER, "canonical"),
    Case("an integer of 2^53", edit_line(replaced(b'"Harbour Post"', b"9007199254740992")), LEDGER, "2^53"),
    Case("a huge integer", edit_line(replaced(b'"Harbour Post"', b"9" * 100_000)), LEDGER, "2^53"),
    Case("deep nesting", edit_line(replaced(b'"Harbour Post"', b"[" * 100_000 + b"]" * 100_000)), LEDGER, "nested"),
    Case("keys sorted by code point", edit_lines(lambda x: [re.sub(rb'("\xf0\x9f\x97\x9e":-1),("\xef\xac\x81":1)', rb"\2,\1", y) for y in x]), LEDGER, "canonical"),
    Case("a line that is a list", edit_line(lambda _: b"[]"), LEDGER, "an object"),
    Case("a line that is null", edit_line(lambda _: b"null"), LEDGER, "an object"),
    Case("an object without members", edit_line(lambda _: b"{}"), LEDGER, "members"),
]  # fmt: skip

# Sums, root and signature are repaired with the ledger's key: only the rules detect these.
WITH_SIGNATURE: Final = [
    Case("a member more", edit_entry(put(more=1)), LEDGER, "members"),
    Case("a member less", edit_entry(lambda e: e.pop("actor")), LEDGER, "members"),
    Case("a leaf beside an entry", edit_entry(put(leaf="0" * 64)), LEDGER, "members"),
    Case("a hidden entry where all is shown", edit_line(hide), LEDGER, "public export"),
    Case("content with a member more", edit_entry(put_content(more=1)), LEDGER, "members"),
    Case("content without salt", edit_entry(lambda e: e["content"].pop("salt")), LEDGER, "members"),
    Case("content that is null", edit_entry(put(content=None)), LEDGER, "content"),
    Case("content that is no hash", edit_entry(put(content="0" * 63)), LEDGER, "64 hexadecimal"),
    Case("a hash in capitals", edit_entry(put(content="A" * 64)), LEDGER, "64 hexadecimal"),
    Case("an erased line without erasure", edit_line(erase), LEDGER, "names entry 0"),
    Case("a salt in capitals", edit_entry(put_content(salt="A" * 32)), LEDGER, "salt"),
    Case("a short salt", edit_entry(put_content(salt="0" * 31)), LEDGER, "salt"),
    Case("a salt that is a number", edit_entry(put_content(salt=1)), LEDGER, "salt"),
    Case("a reason that is null", edit_entry(put_content(reason=None)), LEDGER, "reason"),
    Case("a time in another zone", edit_entry(put(at="2026-11-23T05:43:33.123456+00:00")), LEDGER, "UTC"),
    Case("a time to the millisecond", edit_entry(put(at="2026-11-23T05:43:33.123Z")), LEDGER, "UTC"),
    Case("a time that is none", edit_entry(put(at="2026-02-30T05:43:33.123456Z")), LEDGER, "UTC"),
    Case("a time with a newline", edit_entry(put(at="2026-11-23T05:43:33.123456Z\n")), LEDGER, "UTC"),
    Case("a time in other digits", edit_entry(put(at="٢026-11-23T05:43:33.123456Z")), LEDGER, "UTC"),
    Case("a time that is a number", edit_entry(put(at=0)), LEDGER, "UTC"),
    Case("an actor without sign", edit_entry(put(actor="ada")), LEDGER, "actor"),
    Case("an actor that is a list", edit_entry(put(actor=["@ada"])), LEDGER, "actor"),
    Case("an empty action", edit_entry(put(action="")), LEDGER, "action"),
    Case("a kind without app", edit_entry(put(kind="claim")), LEDGER, "kind"),
    Case("an object in capitals", edit_entry(put(object="01A19467-E800-7000-8000-000000000001")), LEDGER, "object"),
    Case("an object that is a number", edit_entry(put(object=1)), LEDGER, "object"),
    Case("a state of another kind", edit_entry(put(kind="sources.speaker")), LEDGER, "state of a"),
    Case("a state of another record", edit_entry(put(object=exports.THIRD_CLAIM)), LEDGER, "public_id"),
    Case("a state of an account", edit_entry(lambda e: (e.update(kind="core.user"), e["content"]["state"].update(model="core.user"))), LEDGER, "core.user"),
    Case("a state with a primary key", edit_entry(lambda e: e["content"]["state"].update(pk=1)), LEDGER, "members"),
    Case("a state with the revision", edit_entry(lambda e: e["content"]["state"]["fields"].update(revision=1)), LEDGER, "revision"),
    Case("a state that is text", edit_entry(put_content(state="")), LEDGER, "state"),
    Case("a state whose fields are null", edit_entry(lambda e: e["content"]["state"].update(fields=None)), LEDGER, "public_id"),
    Case("no state without deletion", edit_entry(put_content(state=None)), LEDGER, "deletion"),
    Case("a deletion with a state", edit_entry(put(action="delete")), LEDGER, "deletion"),
    Case("a deletion undone", edit_entry(put(action="change"), action="delete"), LEDGER, "deletion"),
    Case("the same id for another kind", edit_entry(put(kind="claims.topic"), action="delete"), LEDGER, "kind of this object"),
    Case("an erasure removed", edit_lines(lambda x: [y for y in x if b'"kind":"erasure"' not in y]), LEDGER, "names entry 4"),
    Case("an erasure of a readable entry", entries_named([4, 5]), LEDGER, "entry 5 (claims.claim"),
    Case("an erasure of a later entry", entries_named([4, 12]), LEDGER, "earlier entries"),
    Case("an erasure of itself", entries_named([4, 10]), LEDGER, "earlier entries"),
    Case("an erasure of no entry", entries_named([4, 99]), LEDGER, "earlier entries"),
    Case("an erasure of nothing", entries_named([]), LEDGER, "list of entry numbers"),
    Case("an erasure twice of one", entries_named([4, 4]), LEDGER, "once"),
    Case("an erasure below zero", entries_named([-1, 4]), LEDGER, "once"),
    Case("an erasure of true", entries_named([True, 4]), LEDGER, "list of entry numbers"),
    Case("an erasure of texts", entries_named(["4"]), LEDGER, "list of entry numbers"),
    Case("an erasure of another record", edit_lines(point_erasure_at_another), LEDGER, "of another record"),
    Case("an erasure that was erased", edit_erasure(lambda e: e.update(content=exports.content_hash(e["content"]))), LEDGER, "readable"),
    Case("an erasure without reason", edit_erasure(put_content(reason=" ")), LEDGER, "with a reason"),
    Case("an erasure called otherwise", edit_erasure(put(action="change")), LEDGER, "action erase"),
    Case("erase as another action", edit_entry(put(action="erase")), LEDGER, "action erase"),
    Case("a state edited", edit_entry(lambda e: e["content"]["state"]["fields"].update(title="Lies"), kind="sources.document"), "sources.document.json", "state of entry 1"),
    Case("the last entry removed", shorten, CLAIMS, "state of entry 11"),
]  # fmt: skip

# The owner of the key repairs everything: only an older export or a trusted key detects these.
WITH_EVERYTHING: Final = [
    Case("an entry before it removed", edit_lines(lambda x: x[:3] + x[4:]), LEDGER, "entry 3: expected the leaf hash"),
    Case("a reason edited", edit_entry(put_content(reason="Other")), LEDGER, "entry 0: expected the leaf hash"),
    Case("a time edited", edit_entry(put(at="2020-01-01T00:00:00.000000Z")), LEDGER, "entry 0: expected"),
    Case("an erased hash edited", edit_lines(lambda x: [re.sub(rb'(t":")[0-9a-f]{64}', rb"\g<1>" + b"0" * 64, y) for y in x]), LEDGER, "entry 4: expected"),
    Case("entries swapped", edit_lines(lambda x: [x[1], x[0], *x[2:]]), LEDGER, "2 entries differ"),
]  # fmt: skip
