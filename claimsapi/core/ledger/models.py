"""The tables of the ledger. Triggers write entries, and the sequencer gives them leaves."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.constraints import Check
from claimsapi.core.database.guards import Guard, columns_changed

ERASURE: Final = "erasure"  # the kind of entries that record an erasure

_KEPT = _("Ledger entries cannot be changed or deleted.")
# The one allowed UPDATE: it empties the content of a sequenced entry. The leaf keeps its hash.
_ERASED = (
    "NEW.erased AND NEW.state IS NULL AND NEW.salt = '' AND NEW.reason = ''"
    " AND EXISTS (SELECT 1 FROM core_leaf l WHERE l.entry_id = OLD.id)"
)


class EntryQuerySet(models.QuerySet["Entry"]):
    """Queries over entries."""

    def newest(self) -> "EntryQuerySet":
        """Return only the newest of these entries for each object."""
        # By the largest id: the row lock of a record orders its writes and their ids.
        last = self.order_by().values("object").annotate(last=models.Max("id")).values("last")
        return self.model._default_manager.filter(id__in=last)


class Entry(models.Model):
    """One change of one record: its actor, time and reason, and the record's state after it.

    ``state`` is canonical JSON in the form of Django's fixtures, null after a deletion. ``id``
    orders the entries of one record. The leaf's ``sequence`` orders all entries: ids become visible
    out of order. The leaf of an erased entry keeps the content hash.
    """

    guards: ClassVar = (
        Guard(
            "append_only",
            on="UPDATE",
            sentence=_KEPT,
            refuse_when=f"NOT ({_ERASED}) OR "
            + columns_changed("kind", "object", "part_of", "part_of_too", "action", "actor", "at"),
        ),
        Guard("append_only", on="DELETE", sentence=_KEPT, refuse_when="1 = 1"),
        Guard(
            "append_only",
            on="INSERT",
            sentence=_KEPT,
            refuse_when="EXISTS (SELECT 1 FROM core_entry o WHERE o.id = NEW.id)",
            only="sqlite",  # INSERT OR REPLACE would get around the guards of UPDATE and DELETE
        ),
    )

    kind = models.CharField(max_length=50)
    object = models.UUIDField()
    part_of = models.UUIDField(blank=True, null=True)
    part_of_too = models.UUIDField(blank=True, null=True)
    action = models.CharField(max_length=30)
    actor = models.CharField(max_length=150)
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    salt = models.CharField(max_length=32, blank=True)
    state = models.TextField(blank=True, null=True)  # noqa: DJ001  null: a deletion has none
    erased = models.BooleanField(db_default=False)

    objects: ClassVar = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("entries")
        default_permissions: ClassVar = ["view"]
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            Check(
                "core_entry_has_state",
                _("Only a deletion leaves no state."),
                Q(state__isnull=False) | Q(action="delete") | Q(erased=True),
            ),
            Check(
                "core_entry_has_salt",
                _("An entry has its salt until it is erased."),
                Q(erased=True) | ~Q(salt=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index("object", "id", name="core_entry_object"),
            models.Index(fields=["part_of"], name="core_entry_part_of", condition=~Q(part_of=None)),
            models.Index(
                fields=["part_of_too"],
                name="core_entry_part_of_2",
                condition=~Q(part_of_too=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.object}"


class Pending(models.Model):
    """An entry that waits to be sequenced."""

    guards: ClassVar = (
        Guard("append_only", on="UPDATE", sentence=_KEPT, refuse_when="1 = 1"),
        Guard(
            "append_only",
            on="DELETE",
            sentence=_("An entry waits until it has its leaf in the tree."),
            refuse_when="NOT EXISTS (SELECT 1 FROM core_leaf l WHERE l.entry_id = OLD.entry_id)",
        ),
    )

    # Without a constraint: the trigger that writes this row has just written the entry.
    entry = models.OneToOneField(
        Entry, models.PROTECT, primary_key=True, related_name="+", db_constraint=False
    )

    class Meta:
        default_permissions: ClassVar = []

    def __str__(self) -> str:
        return f"Entry {self.entry_id} waits"


class Leaf(models.Model):
    """A leaf of the Merkle tree: the sequenced position of an entry.

    ``content_hash`` is the SHA-256 of the entry's content, which stays after an erasure. ``nodes``
    are the hashes that this leaf completes, its own first (see ``merkle``). ``settled`` is true if
    this was the record's newest entry when it was sequenced.
    """

    guards: ClassVar = (
        Guard(
            "gapless",
            on="INSERT",
            sentence=_("A leaf is the next one of the tree."),
            refuse_when=(
                "NEW.sequence <> (SELECT coalesce(max(o.sequence) + 1, 0) FROM core_leaf o)"
            ),
        ),
        Guard("append_only", on=("UPDATE", "DELETE"), sentence=_KEPT, refuse_when="1 = 1"),
    )

    sequence = models.PositiveBigIntegerField(primary_key=True)
    # One leaf for each entry: no entry can be sequenced twice.
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="leaf")
    content_hash = models.BinaryField(max_length=32)
    nodes = models.BinaryField()
    settled = models.BooleanField()

    class Meta:
        verbose_name_plural = _("leaves")
        default_permissions: ClassVar = []
        ordering: ClassVar = ["sequence"]

    def __str__(self) -> str:
        return f"Leaf {self.sequence}"

    @property
    def leaf_hash(self) -> bytes:
        """The leaf's own hash, 32 bytes."""
        return bytes(self.nodes[:32])


class Appearance(models.Model):
    """A record became public, changed while public, or ceased to be public, at a leaf."""

    guards: ClassVar = (
        Guard("append_only", on=("UPDATE", "DELETE"), sentence=_KEPT, refuse_when="1 = 1"),
    )

    leaf = models.ForeignKey(Leaf, models.PROTECT, related_name="appearances")
    kind = models.CharField(max_length=50)
    object = models.UUIDField()
    visible = models.BooleanField()

    class Meta:
        default_permissions: ClassVar = []
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(F("object"), F("id"), name="core_appearance_object")]

    def __str__(self) -> str:
        return f"{self.kind} {self.object} {'shown' if self.visible else 'gone'}"
