"""Erasing the content of entries where the law asks for it; their places and hashes stay."""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import rfc8785
from django.db import transaction
from django.utils import timezone

from claimsapi.core.errors import Conflict, Invalid
from claimsapi.core.ledger.audit_context import actor_name
from claimsapi.core.ledger.models import ERASURE, Entry, Leaf
from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.text import find_unprintable, normalize_text


def erase_entries(*, numbers: Iterable[int], reason: str, actor: Any) -> list[Entry]:
    """Erase the content of entries, and append one erasure for each record that they are of.

    ``Conflict`` names an entry that is the present state of its record, that has no content to
    erase or none any more; ``Invalid`` an absent entry, or a reason that is none. Then nothing is
    erased. Returns the erasures.
    """
    reason, wanted = normalize_text(reason).strip(), sorted(set(numbers))
    if problem := find_unprintable(reason):
        raise Invalid(problem)
    if not reason:
        raise Invalid("Say why: the reason stands in the ledger for ever.")
    if not wanted:
        raise Invalid("Name the entries by their numbers.")
    sequence_entries(wait=True)
    with transaction.atomic():
        leaves = list(Leaf.objects.select_related("entry").filter(sequence__in=wanted))
        if absent := sorted({*wanted} - {leaf.sequence for leaf in leaves}):
            raise Invalid(f"There is no entry {', '.join(map(str, absent))}.")
        of: dict[UUID, list[int]] = {}
        for leaf in sorted(leaves, key=lambda leaf: leaf.sequence):
            _require_erasable(leaf)
            of.setdefault(leaf.entry.object, []).append(leaf.sequence)
        erased = Entry.objects.filter(id__in=[leaf.entry_id for leaf in leaves], erased=False)
        if erased.update(state=None, salt="", reason="", erased=True) != len(leaves):
            raise Conflict("One of these entries was erased just now by someone else.")
        erasures = [
            _create_erasure(object_, entries, reason, actor) for object_, entries in of.items()
        ]
    sequence_entries(wait=True)
    return erasures


def _require_erasable(leaf: Leaf) -> None:
    entry, what = leaf.entry, f"Entry {leaf.sequence} ({leaf.entry.kind} {leaf.entry.object})"
    if entry.erased:
        raise Conflict(f"{what} is erased already.")
    if entry.kind == ERASURE:
        raise Conflict(f"{what} is an erasure: that something was erased, and why, is for ever.")
    if entry.action == "delete":
        raise Conflict(f"{what} is a deletion: it has no content to erase.")
    newest = Entry.objects.filter(object=entry.object, kind=entry.kind).order_by("-id").first()
    if newest == entry:
        raise Conflict(f"{what} is the record as it is: change or delete the record first.")


def _create_erasure(object_: UUID, numbers: Sequence[int], reason: str, actor: Any) -> Entry:
    state: dict[str, Any] = {"fields": {"entries": list(numbers)}, "model": ERASURE}
    return Entry.objects.create(
        kind=ERASURE,
        object=object_,
        action="erase",
        actor=actor_name(actor),
        at=timezone.now(),
        reason=reason,
        salt=secrets.token_hex(16),
        state=rfc8785.dumps(state).decode(),
    )
