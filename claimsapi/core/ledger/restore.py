"""Imports an audit export, records and ledger, into an empty installation."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.conf import settings
from django.core.serializers.python import Deserializer
from django.db import connection, transaction
from django.db.models import Max, OuterRef, Subquery

from claimsapi.core.database import triggers
from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.errors import Conflict, Invalid
from claimsapi.core.ledger import merkle
from claimsapi.core.ledger.integrity import find_differences
from claimsapi.core.ledger.models import ERASURE, Entry, Leaf
from claimsapi.core.ledger.sequencer import content_json, leaf_json, record_appearances
from claimsapi.core.ledger.state_json import CHUNK
from claimsapi.core.ledger.verify import Summary, escape_line, verify
from claimsapi.core.progress import Output, Progress, no_output


def import_audit(*, directory: Path, output: Output = no_output) -> Summary:
    """Load an export into this empty installation, whose ledger then continues it.

    Raises ``Invalid`` if the export does not verify or is only a part of a ledger. Raises
    ``Conflict`` if this installation is not empty, or if the loaded records differ from the
    exported ones. An error leaves the installation unchanged.
    """
    summary = _verify_export(directory)
    if summary.origin != settings.LEDGER_ORIGIN:
        raise Conflict(
            f"The ledger would continue with another origin: set LEDGER_ORIGIN={summary.origin}."
        )
    with transaction.atomic():
        _require_empty()
        # Loading must neither be guarded as an edit nor append entries. A rollback, or install()
        # below, brings the triggers back.
        triggers.drop(connection)
        _load_accounts(directory)
        for model in recorded_models():
            _load_records(directory, model, output)
        root = _load_ledger(directory, summary.size, output)
        _complete_leaves()
        # Deferred constraints are checked at the commit, but a fault must show in here.
        connection.check_constraints()
        triggers.install(connection, reconcile=False)
        if root != base64.b64decode(summary.root):
            raise Conflict("The loaded entries have another root than the checkpoint.")
        if difference := next(find_differences(), None):
            raise Conflict(
                f"The loaded records are not what was exported: {difference} If an older version "
                "wrote the export, its records had other fields: import it with that version, "
                "then update."
            )
    return summary


def _verify_export(directory: Path) -> Summary:
    report = verify(directory)
    if not report.verified or report.summary is None:
        raise Invalid("".join(escape_line(line) for line in report.lines()).strip())
    if report.summary.public or report.summary.as_of is not None:
        raise Invalid(
            "A public export, or an export as of a time, is only a part: import a full export."
        )
    return report.summary


def _require_empty() -> None:
    for model in (Entry, *recorded_models()):
        if model._default_manager.exists():
            raise Conflict(
                f"This installation has {model._meta.verbose_name_plural}: import into an empty "
                "one."
            )


def _iterate_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a fixture one by one; each has its own line."""
    with path.open("rb") as file:
        for line in file:
            if line not in {b"[\n", b"]\n"}:
                yield orjson.loads(line.rstrip(b",\n"))


def _load_accounts(directory: Path) -> None:
    """Create the missing accounts. Existing ones stay unchanged and can still sign in."""
    accounts: Any = apps.get_model("core.user")
    for row in _iterate_rows(directory / "fixtures" / "00-core.user.json"):
        handle = row["fields"]["handle"]
        if accounts._default_manager.filter(handle=handle).exists():
            continue
        if accounts._default_manager.filter(username=handle).exists():
            raise Conflict(f"An account with another handle has the login {handle!r}: rename it.")
        accounts._default_manager.create(**row["fields"])


def _load_records(directory: Path, model: Any, output: Output) -> None:
    kind = model._meta.label_lower
    fixtures = list((directory / "fixtures").glob(f"*-{kind}.json"))
    progress = Progress(kind, 0, output)
    rows = _iterate_rows(fixtures[0]) if fixtures else iter(())
    while chunk := list(islice(rows, CHUNK)):
        for record in Deserializer(chunk):
            record.save()
        progress.add(len(chunk))


def _load_ledger(directory: Path, size: int, output: Output) -> bytes:
    """Append the entries with their leaves, in order, and return the root of the tree."""
    frontier, progress = merkle.Frontier(), Progress("Entries", size, output)
    with (directory / "ledger.ndjson").open("rb") as file:
        while lines := list(islice(file, CHUNK)):
            parsed = [_parse_entry(orjson.loads(line)) for line in lines]
            entries = Entry.objects.bulk_create([entry for entry, _ in parsed])
            leaves = []
            for entry, (_, digest) in zip(entries, parsed, strict=True):
                number = frontier.size
                nodes = frontier.append(merkle.leaf_hash(leaf_json(entry, digest.hex())))
                # _complete_leaves() marks the settled leaves of records.
                settled = entry.kind == ERASURE
                leaves.append(
                    Leaf(
                        sequence=number,
                        entry=entry,
                        content_hash=digest,
                        nodes=nodes,
                        settled=settled,
                    )
                )
            Leaf.objects.bulk_create(leaves)
            progress.add(len(leaves))
    return frontier.root()


def _parse_entry(line: dict[str, Any]) -> tuple[Entry, bytes]:
    """Return the entry of a line, and its content hash."""
    content = line["content"]
    erased = isinstance(content, str)
    # An erased entry's line has only the hash of its content.
    values: dict[str, Any] = {"reason": "", "salt": "", "state": None} if erased else content
    entry = Entry(
        kind=line["kind"],
        object=UUID(line["object"]),
        action=line["action"],
        actor=line["actor"],
        at=datetime.fromisoformat(line["at"]),
        reason=values["reason"],
        salt=values["salt"],
        # The verified line is canonical: orjson keeps the order, and numbers are integers.
        state=values["state"] and orjson.dumps(values["state"]).decode(),
        erased=erased,
    )
    entry.part_of, entry.part_of_too = _find_parents(entry)
    return entry, bytes.fromhex(content) if erased else hashlib.sha256(content_json(entry)).digest()


def _find_parents(entry: Entry) -> list[UUID | None]:
    """Return the two parent records in an entry's state; ``None`` for each missing one."""
    names = () if entry.kind == ERASURE else apps.get_model(entry.kind).part_of
    fields = orjson.loads(entry.state)["fields"] if entry.state and names else {}
    parents = [UUID(fields[name][0]) if fields.get(name) else None for name in names]
    return [*parents, None, None][:2]


def _complete_leaves() -> None:
    """Fill in columns that the lines lack: parents of deleted and erased parts, settled leaves.

    An export does not say when earlier states were public, so only staff reads them. A record that
    is public now counts as public from its newest entry on.
    """
    with_parents = Entry.objects.filter(object=OuterRef("object"), part_of__isnull=False).order_by(
        "-id"
    )
    parts = [model._meta.label_lower for model in recorded_models() if model.part_of]
    without_parents = Entry.objects.filter(kind__in=parts, part_of__isnull=True)
    without_parents.update(
        part_of=Subquery(with_parents.values("part_of")[:1]),
        part_of_too=Subquery(with_parents.values("part_of_too")[:1]),
    )
    touched: dict[str, dict[UUID, int]] = defaultdict(dict)
    records = Entry.objects.exclude(kind=ERASURE).order_by()
    last = records.values("kind", "object").annotate(last=Max("leaf__sequence"))
    for kind, object_, number in last.values_list("kind", "object", "last").iterator(CHUNK):
        touched[kind][object_] = number
    newest = records.values("object").annotate(last=Max("id")).values("last")
    Leaf.objects.filter(entry_id__in=newest).update(settled=True)
    record_appearances(touched, 0)
