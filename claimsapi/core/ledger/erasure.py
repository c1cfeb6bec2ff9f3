"""Erases the content of entries where the law requires it; their places and hashes stay."""

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
    """Erase the content of entries, append one erasure for each of their records, and return these.

    Raises ``Invalid`` for a missing entry or an empty reason. Raises ``Conflict`` for an entry that
    is the current state of its record, or that has no content. An error leaves all unchanged.
    """
    reason, numbers = normalize_text(reason).strip(), sorted(set(numbers))
    if problem := find_unprintable(reason):
        raise Invalid(problem)
    if not reason:
        raise Invalid("Give a reason: the ledger keeps it for ever.")
    if not numbers:
        raise Invalid("Give the numbers of the entries.")
    # An entry without a leaf has no stored hash, which an erasure must keep.
    sequence_entries(wait=True)
    with transaction.atomic():
        leaves = list(Leaf.objects.select_related("entry").filter(sequence__in=numbers))
        if missing := sorted({*numbers} - {leaf.sequence for leaf in leaves}):
            raise Invalid(f"The ledger has no entry {', '.join(map(str, missing))}.")
        numbers_by_object: dict[UUID, list[int]] = {}
        for leaf in sorted(leaves, key=lambda leaf: leaf.sequence):
            _require_erasable(leaf)
            numbers_by_object.setdefault(leaf.entry.object, []).append(leaf.sequence)
        # The condition on erased makes a concurrent erasure visible as a lower row count.
        erased = Entry.objects.filter(id__in=[leaf.entry_id for leaf in leaves], erased=False)
        if erased.update(state=None, salt="", reason="", erased=True) != len(leaves):
            raise Conflict("Someone else has just erased one of these entries. Nothing is erased.")
        erasures = [
            _create_erasure(object_, entries, reason, actor)
            for object_, entries in numbers_by_object.items()
        ]
    sequence_entries(wait=True)
    return erasures


def _require_erasable(leaf: Leaf) -> None:
    entry, what = leaf.entry, f"Entry {leaf.sequence} ({leaf.entry.kind} {leaf.entry.object})"
    if entry.erased:
        raise Conflict(f"{what} is already erased.")
    if entry.kind == ERASURE:
        raise Conflict(f"{what} is an erasure, which the ledger keeps for ever.")
    if entry.action == "delete":
        raise Conflict(f"{what} is a deletion, which has no content.")
    newest = Entry.objects.filter(object=entry.object, kind=entry.kind).order_by("-id").first()
    if newest == entry:
        raise Conflict(
            f"{what} is the current state of its record: change or delete the record first."
        )


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
