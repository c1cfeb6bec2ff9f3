"""Writes an audit export, the folder that docs/ledger.md describes."""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from string import Template
from typing import Any, Final

import rfc8785
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.errors import Conflict, Invalid
from claimsapi.core.ledger.atomic_directory import PartialFolder, create_folder
from claimsapi.core.ledger.checkpoint import Checkpoint, public_pem
from claimsapi.core.ledger.current_states import (
    CHUNK,
    State,
    has_blocking_entries,
    iterate_current_states,
    iterate_public_states,
    iterate_states_at,
)
from claimsapi.core.ledger.models import Leaf
from claimsapi.core.ledger.queries import readable_leaves
from claimsapi.core.ledger.read_snapshot import read_snapshot
from claimsapi.core.ledger.sequencer import entry_line, sequence_entries
from claimsapi.core.ledger.signing import build_checkpoint, public_verifier_key, signing_key
from claimsapi.core.progress import Output, Progress, no_output

_FOLDER: Final = Path(__file__).parent
# A reference to an account. JSON escapes quotation marks in strings, so no text can match.
_ACCOUNT: Final = re.compile(r'\["@([-A-Za-z0-9_]+)"\]')
_MAX_ATTEMPTS: Final = 300


@dataclass(frozen=True, slots=True)
class Scope:
    """The content of an export: records of now or ``as_of`` a time; all, or the ``public`` ones."""

    as_of: datetime | None = None
    public: bool = False

    def states(self, model: Any) -> Iterator[list[State]]:
        if self.public:
            return iterate_public_states(model)
        return (
            iterate_current_states(model)
            if self.as_of is None
            else iterate_states_at(model, self.as_of)
        )

    def lines(self, leaves: list[Leaf]) -> Iterator[bytes]:
        readable = readable_leaves(leaves, AnonymousUser()) if self.public else None
        for leaf in leaves:
            if readable is None or leaf.sequence in readable:
                yield entry_line(leaf) + b"\n"
            else:
                yield b'{"leaf":"%b"}\n' % leaf.leaf_hash.hex().encode()


def export_audit(*, directory: Path, scope: Scope, output: Output = no_output) -> Checkpoint:
    """Write an export into an absent or empty folder, and return its checkpoint.

    All of it is read from one state of the database, and others can write meanwhile. Raises
    ``MissingKey`` without a signing key, and ``FolderError`` if the folder cannot be created.
    """
    if scope.public and scope.as_of is not None:
        raise Invalid(
            "Past states do not show which records were public: use either --public or --as-of."
        )
    if scope.as_of is not None and scope.as_of > timezone.now():
        raise Invalid("That time is in the future: use a time in the past.")
    # Read the key first: without it the long work would be for nothing.
    key = signing_key()
    with (
        _export_snapshot(public=scope.public, output=output),
        create_folder(directory, mode=0o755 if scope.public else 0o700, output=output) as folder,
    ):
        checkpoint = build_checkpoint()
        folder.write("ledger.ndjson", _ledger_lines(scope, checkpoint.size, output))
        _write_fixtures(folder, scope, output)
        folder.write("checkpoint", [checkpoint.signed(key).encode()])
        folder.write("public_key.pem", [public_pem(key)])
        folder.write("public_key.txt", [public_verifier_key().encode(), b"\n"])
        folder.write("manifest.json", [rfc8785.dumps(_build_manifest(scope, checkpoint)), b"\n"])
        folder.write("verify.py", [(_FOLDER / "verify.py").read_bytes()])
        folder.write("README.txt", [_render_readme(checkpoint, scope)])
        # Last, since it lists all other files.
        sums = [f"{digest}  {name}\n" for name, digest in sorted(folder.sums.items())]
        folder.write("SHA256SUMS", ["".join(sums).encode()])
    return checkpoint


@contextmanager
def _export_snapshot(*, public: bool, output: Output) -> Iterator[None]:
    """Open a read snapshot in which no waiting entry would make the export contradict itself."""
    for _ in range(_MAX_ATTEMPTS):
        # New entries may arrive between the sequencing and the snapshot, so check in the snapshot.
        sequence_entries(wait=True)
        with ExitStack() as block:
            block.enter_context(read_snapshot())
            if not has_blocking_entries(public=public):
                yield
                return
        output("Entries are still waiting to be sequenced; trying again.")
    raise Conflict("New entries kept waiting to be sequenced: export when less is written.")


def _ledger_lines(scope: Scope, size: int, output: Output) -> Iterator[bytes]:
    progress = Progress("Entries", size, output)
    for start in range(0, size, CHUNK):
        # Ranges of the primary key: an offset would skip over all earlier rows again.
        part = Leaf.objects.filter(sequence__gte=start, sequence__lt=min(start + CHUNK, size))
        leaves = list(part.select_related("entry").order_by("sequence"))
        yield from scope.lines(leaves)
        progress.add(len(leaves))


def _write_fixtures(folder: PartialFolder, scope: Scope, output: Output) -> None:
    handles: set[str] = set()
    models = recorded_models()
    progress = Progress("Records", sum(m._default_manager.count() for m in models), output)
    number = 1
    for model in models:
        kind = model._meta.label_lower
        rows = _fixture_rows(kind, scope.states(model), handles, progress)
        first = next(rows, None)
        if first is None:
            continue  # loaddata warns of a fixture without records
        folder.write(f"fixtures/{number:02}-{kind}.json", _json_array(chain([first], rows)))
        number += 1
    # loaddata needs the accounts first, but only the records show which accounts are needed.
    folder.write(
        "fixtures/00-core.user.json", _json_array(account_json(h) for h in sorted(handles))
    )


def _fixture_rows(
    kind: str, states: Iterable[list[State]], handles: set[str], progress: Progress
) -> Iterator[bytes]:
    for chunk in states:
        for object_, state in chunk:
            if state is None:
                raise Conflict(
                    f"{kind} {object_} has a value without canonical form, written without the "
                    "ledger. Run 'manage.py check_ledger' for details."
                )
            handles.update(_ACCOUNT.findall(state))
            yield state.encode()
        progress.add(len(chunk))


def _json_array(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a JSON array with one row per line, and ``[`` and ``]`` on their own lines."""
    before = b"[\n"
    for row in rows:
        yield before + row
        before = b",\n"
    yield b"[\n]\n" if before == b"[\n" else b"\n]\n"


def account_json(handle: str) -> bytes:
    """Return an account for references to it, without personal data and without a password."""
    fields: dict[str, Any] = {
        "handle": handle,
        "is_active": False,
        "password": "!",
        "username": handle,
    }
    return rfc8785.dumps({"fields": fields, "model": "core.user"})


def _build_manifest(scope: Scope, checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "as_of": scope.as_of and f"{scope.as_of:%Y-%m-%dT%H:%M:%S.%fZ}",
        "entries": checkpoint.size,
        "format": 1,
        "origin": checkpoint.origin,
        "public": scope.public,
    }


def _render_readme(checkpoint: Checkpoint, scope: Scope) -> bytes:
    """Return the README.txt of an export."""
    text = Template((_FOLDER / "export_readme.txt").read_text())
    content = "all records as of the last entry"
    if scope.public:
        content = "public records and entries, and the hashes of all other entries"
    elif scope.as_of is not None:
        content = f"all records as of {scope.as_of:%Y-%m-%dT%H:%M:%S.%fZ}, and the whole ledger"
    values = {
        "origin": settings.LEDGER_ORIGIN,
        "entries": checkpoint.size,
        "content": content,
    }
    return text.substitute(values).encode()
