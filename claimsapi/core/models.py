"""Accounts, and the base class of every editorial record."""

from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from claimsapi.core.database.constraints import Check
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
    """Finds accounts by login, and by ``@handle`` as fixtures refer to them."""

    def get_by_natural_key(self, username: str | None) -> Any:
        if username and username.startswith("@"):
            return self.get(handle=username[1:])
        return super().get_by_natural_key(username)


class User(AbstractUser):
    """An account. All other records, the API and the ledger refer to it by its ``handle``.

    Login, name and e-mail address are personal data of staff and appear nowhere else.
    """

    guards: ClassVar[tuple[Guard, ...]] = (
        Guard(
            "same_handle",
            on="UPDATE",
            sentence=_("A handle never changes: the ledger refers to it."),
            refuse_when=columns_changed("handle"),
        ),
        Guard(
            "named_in_ledger",
            on="DELETE",
            sentence=_(
                "The ledger refers to this account: make it inactive instead. Its handle stays "
                "reserved."
            ),
            refuse_when=(
                "EXISTS (SELECT 1 FROM core_entry e WHERE e.actor = '@' || OLD.handle"
                " OR e.state LIKE '%\"@' || OLD.handle || '\"%')"
            ),
        ),
    )

    handle = models.SlugField(
        max_length=50,
        unique=True,
        help_text=_("The public name of this person."),
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
            # The natural key of an account is '@' and its handle: a login must not look like one.
            Check(
                "core_user_username_without_at",
                _("A login cannot begin with @."),
                ~Q(username__startswith="@"),
            ),
        ]

    def __str__(self) -> str:
        return self.handle

    def natural_key(self) -> tuple[str]:
        return (f"@{self.handle}",)


class RecordQuerySet(models.QuerySet[Any]):
    """Queries that every editorial record has."""

    def get_by_natural_key(self, public_id: str) -> Any:
        return self.get(public_id=public_id)

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """The records that the user may see: all with the view permission, else public ones."""
        meta = self.model._meta
        if user.has_perm(f"{meta.app_label}.view_{meta.model_name}"):
            return self
        return self.public()

    def public(self) -> Self:
        """Public records."""
        raise NotImplementedError

    def for_api(self, user: "User | AnonymousUser") -> Self:  # noqa: ARG002  for overrides that nest records
        """Load every relation that the serializer reads."""
        return self


class Record(models.Model):
    """The base class of every editorial record.

    ``public_id`` is the only identifier that leaves the database. ``revision`` counts the writes of
    this row. An update names the revision that it read, so that no edit overwrites another one.
    """

    guards: ClassVar[tuple[Guard, ...]] = ()
    # Columns with a source's own words, which clean() must not normalize.
    verbatim: ClassVar[frozenset[str]] = frozenset()
    # Columns that the ledger leaves out: a counted write changes nothing about the record.
    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"revision"})
    # Foreign keys to the parent records, whose histories include this one's: two at most.
    part_of: ClassVar[tuple[str, ...]] = ()
    # Whether the revision of the first parent counts the writes of this record too.
    counts_in_parent: ClassVar[bool] = False
    # Relations to records that can become public, or stop being so, when this one changes.
    revealed_relations: ClassVar[tuple[str, ...]] = ()
    # Columns that the public never reads. Only staff reads the entries of a model that has some.
    staff_only_fields: ClassVar[frozenset[str]] = frozenset()
    # Whether an editor can withdraw the record from the public, together with its history.
    withdrawable: ClassVar[bool] = False

    public_id = models.UUIDField(_("id"), unique=True, default=uuid7, editable=False)
    created_at = TimestampField(auto_now_add=True)
    updated_at = TimestampField(auto_now=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            self.touch_parents()
            if self._state.adding:
                super().save(*args, **kwargs)
                return
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "revision", "updated_at"}
            # Without force_update, save() would insert a record again that was deleted meanwhile.
            kwargs["force_update"] = True
            previous, self.revision = self.revision, F("revision") + 1
            try:
                super().save(*args, **kwargs)
            except BaseException:
                self.revision = previous
                raise
            self.refresh_from_db(fields=["revision"])

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self.touch_parents()
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
                # A few letters have a normal form that is longer than the input.
                errors[field.name] = ValidationError(
                    _("Enter at most %(length)d characters in Unicode normalization form C."),
                    params={"length": field.max_length},
                    code="max_length",
                )
            setattr(self, field.attname, value)
        if errors:
            raise ValidationError(errors)

    def parents(self) -> "list[Record]":
        """The records whose revisions count the writes of this one, the outermost first."""
        if not self.counts_in_parent:
            return []
        parent: Record = getattr(self, self.part_of[0])
        return [*parent.parents(), parent]

    def lock(self) -> Self:
        """Return the record as it is now, locked with its parents until the transaction ends.

        Raises ``DoesNotExist`` of the model if the record was deleted meanwhile.
        """
        # Everyone locks from the outermost parent inwards: the same order rules out deadlocks.
        for parent in self.parents():
            type(parent)._default_manager.select_for_update().filter(pk=parent.pk).first()
        return type(self)._default_manager.select_for_update().get(pk=self.pk)

    def touch_parents(self) -> None:
        """Count a write of this record in the revisions of its parents, the outermost first."""
        for parent in self.parents():
            # Not in updated_at, which is public: work on a draft must not show.
            rows = type(parent)._default_manager.filter(pk=parent.pk)
            rows.update(revision=F("revision") + 1)


def with_new_revision(**values: Any) -> dict[str, Any]:
    """Return the arguments of a ``QuerySet.update`` that counts as a write of the record."""
    return {**values, "revision": F("revision") + 1, "updated_at": timezone.now()}
