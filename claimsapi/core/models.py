"""Accounts, and the base of every editorial record."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from claimsapi.core.database.fields import TimestampField
from claimsapi.core.database.guards import Guard, columns_changed
from claimsapi.core.i18n.translation import translate
from claimsapi.core.identifiers import uuid7
from claimsapi.core.ledger.models import Appearance, Entry, Leaf, Pending
from claimsapi.core.text import find_unprintable, normalize_text

__all__ = [
    "Appearance",
    "Entry",
    "HandleUserManager",
    "Leaf",
    "Pending",
    "Record",
    "RecordQuerySet",
    "User",
    "with_new_revision",
]


class HandleUserManager(UserManager):
    """Finds accounts by login, and by ``@handle``, which is how fixtures name them."""

    def get_by_natural_key(self, username: str | None) -> Any:
        if username and username.startswith("@"):
            return self.get(handle=username[1:])
        return super().get_by_natural_key(username)


class User(AbstractUser):
    """An account. Everywhere outside the account itself it appears by its ``handle``.

    The login, name and address are personal data of staff and stay here.
    """

    guards: ClassVar[tuple[Guard, ...]] = (
        Guard(
            "same_handle",
            "UPDATE",
            columns_changed("handle"),
            gettext_noop("A handle stands in the ledger for ever: it does not change."),
        ),
        Guard(
            "in_the_ledger",
            "DELETE",
            "EXISTS (SELECT 1 FROM core_entry e WHERE e.actor = '@' || OLD.handle"
            " OR e.state LIKE '%\"@' || OLD.handle || '\"%')",
            gettext_noop(
                "The ledger names this account: make it inactive. Nobody else may get its handle."
            ),
        ),
    )

    handle = models.SlugField(
        max_length=50,
        unique=True,
        help_text=_("The public name under which this person's work shows."),
    )
    username = models.CharField(
        _("login"),
        max_length=150,
        unique=True,
        validators=[
            RegexValidator(r"\A[\w.+-][\w.@+-]*\Z", _("Letters, digits and . + - _ @ only."))
        ],
        error_messages={"unique": _("An account with that login exists.")},
    )
    last_login = TimestampField(blank=True, null=True)
    date_joined = TimestampField(default=timezone.now)

    objects: ClassVar[HandleUserManager] = HandleUserManager()

    REQUIRED_FIELDS: ClassVar[list[str]] = ["handle"]

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            # A login that begins with @ could be taken for a handle.
            models.CheckConstraint(
                name="core_user_login_no_at", condition=~Q(username__startswith="@")
            ),
        ]

    def __str__(self) -> str:
        return self.handle

    def natural_key(self) -> tuple[str]:
        return (f"@{self.handle}",)


class RecordQuerySet(models.QuerySet[Any]):
    """Reads that every editorial record has."""

    def get_by_natural_key(self, public_id: str) -> Any:
        return self.get(public_id=public_id)

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """What this caller may know of: all with the view permission, else what is public."""
        meta = self.model._meta
        if user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            return self
        return self.public()

    def public(self) -> Self:
        """What everyone may know of."""
        raise NotImplementedError

    def for_api(self, user: "User | AnonymousUser") -> Self:  # noqa: ARG002  for those who nest
        """Load with the rows every relation that the serializer reads."""
        return self


class Record(models.Model):
    """The base of every editorial record.

    ``public_id`` is the only identifier that leaves the database. ``revision`` counts the writes of
    this row; an update names the revision it saw, so that nobody overwrites a colleague's edit.
    """

    guards: ClassVar[tuple[Guard, ...]] = ()
    # Columns that hold a source's own words, kept exactly as they are.
    verbatim: ClassVar[frozenset[str]] = frozenset()
    # Columns that the ledger leaves out: counting writes is no change of what a record says.
    unrecorded: ClassVar[frozenset[str]] = frozenset({"revision"})
    # The foreign keys to the records that this one is a part of, whose histories hold its own: two
    # at most. The first may be a whole, whose revision counts the writes of its parts too.
    part_of: ClassVar[tuple[str, ...]] = ()
    counts_in_whole: ClassVar[bool] = False
    # Relations to records that may become public, or cease to be, when this one changes.
    reveals: ClassVar[tuple[str, ...]] = ()
    # Columns that the public never reads; such a record's entries are for staff alone.
    withheld: ClassVar[frozenset[str]] = frozenset()
    # Whether an editor may take such a record back from the public, and its past with it.
    withdrawable: ClassVar[bool] = False

    public_id = models.UUIDField(_("id"), unique=True, default=uuid7, editable=False)
    created_at = TimestampField(auto_now_add=True)
    updated_at = TimestampField(auto_now=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            self.touch_whole()
            self._save_revised(*args, **kwargs)

    def _save_revised(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            super().save(*args, **kwargs)
        else:
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "revision", "updated_at"}
            kwargs["force_update"] = True  # a record that was deleted meanwhile stays deleted
            seen, self.revision = self.revision, F("revision") + 1
            try:
                super().save(*args, **kwargs)
            except BaseException:
                self.revision = seen
                raise
            self.refresh_from_db(fields=["revision"])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self.touch_whole()
            return super().delete(*args, **kwargs)

    def natural_key(self) -> tuple[str]:
        return (str(self.public_id),)

    def clean(self) -> None:
        super().clean()
        errors = {}
        for field in self._meta.fields:
            value = getattr(self, field.attname)
            if not isinstance(value, str) or field.attname in self.verbatim:
                continue
            if problem := find_unprintable(value):
                errors[field.name] = ValidationError(translate(problem), code="unprintable")
            value = normalize_text(value)
            if field.max_length is not None and len(value) > field.max_length:
                # The normal form of a few letters is longer than what was sent.
                errors[field.name] = ValidationError(
                    _("At most %(length)d characters in Unicode normalisation form C."),
                    params={"length": field.max_length},
                    code="max_length",
                )
            setattr(self, field.attname, value)
        if errors:
            raise ValidationError(errors)

    def wholes(self) -> "list[Record]":
        """The records whose revisions count writes of this one, the outermost first."""
        if not self.counts_in_whole:
            return []
        whole: Record = getattr(self, self.part_of[0])
        return [*whole.wholes(), whole]

    def locked(self) -> Self:
        """The record as it now is, locked until the transaction ends, and before it its wholes.

        Everybody locks in this order, so that nobody waits for ever. Raises ``DoesNotExist`` of the
        model if it was deleted meanwhile.
        """
        for whole in self.wholes():
            type(whole)._default_manager.select_for_update().filter(pk=whole.pk).first()
        return type(self)._default_manager.select_for_update().get(pk=self.pk)

    def touch_whole(self) -> None:
        """Count a write of this part, from the outermost whole inwards."""
        for whole in self.wholes():
            # Not updated_at, which everyone may read: work on a draft is nobody else's business.
            rows = type(whole)._default_manager.filter(pk=whole.pk)
            rows.update(revision=F("revision") + 1)


def with_new_revision(**values: Any) -> dict[str, Any]:
    """The assignments of a ``QuerySet.update`` that counts as a write of the record."""
    return {**values, "revision": F("revision") + 1, "updated_at": timezone.now()}
