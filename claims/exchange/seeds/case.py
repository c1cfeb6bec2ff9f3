"""Case: the records of one seed document by their keys, with ids that are the same everywhere."""

from collections import Counter
from typing import Any
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from claims.exchange.seeds.parser import Entry, SeedError
from claimsapi.core.database.violations import describe_violation
from claimsapi.core.identifiers import stable_uuid7

# Fields of seed documents whose names differ from those of the model.
_SEED_FIELDS = {"published_on": "published", "stated_on": "stated"}


class Case:
    """One seed document during loading. Its entries refer to each other by key."""

    def __init__(self, document: Entry, file_stem: str) -> None:
        self.name = document.slug("case")
        if self.name != file_stem:
            raise document.error("case", f"the file is named {file_stem!r}. Use the same name.")
        self.recorded_at = document.timestamp("recorded")
        self.counts: Counter[str] = Counter()
        self._records: dict[tuple[type[Any], str], Any] = {}

    def load(
        self, entry: Entry, key: str, new: Any, *, lookup: Q | None = None
    ) -> tuple[Any, bool]:
        """Save the new record of an entry unless it exists, and register it under its key.

        An existing record has the same public id, or matches ``lookup``. Returns the new or the
        existing record, and whether it is new. Raises ``SeedError`` if the record is invalid or
        the key is repeated.
        """
        model = type(new)
        record = model._default_manager.filter(lookup or Q(public_id=new.public_id)).first()
        is_new = record is None
        if record is None:
            record = new
            try:
                record.full_clean()
                # PostgreSQL ends a failed transaction: the savepoint keeps the outer one usable.
                with transaction.atomic():
                    record.save()
            except ValidationError as error:
                raise convert_error(entry, error) from None
            except IntegrityError as error:
                raise SeedError(entry.file, entry.line, "", describe_violation(error)) from None
        self.count(is_new=is_new)
        # After the save: an invalid record is the more useful error.
        if (model, key) in self._records:
            raise entry.error("key", f"{key!r} is repeated.")
        self._records[model, key] = record
        return record, is_new

    def count(self, *, is_new: bool) -> None:
        # The names that ``manage.py seed`` prints.
        self.counts["made" if is_new else "kept"] += 1

    def get(self, model: type[Any], key: str) -> Any:
        """Return the registered record with this key, or ``None``."""
        return self._records.get((model, key))

    def find(self, entry: Entry, field: str, model: type[Any]) -> Any:
        """Return the record that a field refers to; ``None`` if the field is absent."""
        return self.require(entry, field, model) if field in entry else None

    def require(self, entry: Entry, field: str, model: type[Any]) -> Any:
        """Return the record that a required field refers to."""
        return self.resolve(entry, field, model, entry.text(field))

    def resolve(self, entry: Entry, field: str, model: type[Any], key: str) -> Any:
        record = self.get(model, key)
        if record is None:
            raise entry.error(field, f"no {model._meta.verbose_name} {key!r} in this file.")
        return record

    def make_id(self, *names: str) -> UUID:
        """Return the public id of a record: the same on every installation."""
        return stable_uuid7(self.name, *names, moment=self.recorded_at)


def convert_error(entry: Entry, error: ValidationError) -> SeedError:
    """Return the first validation error as an error of the entry's field."""
    field, messages = next(iter(error.message_dict.items()))
    field = "" if field == NON_FIELD_ERRORS else _SEED_FIELDS.get(field, field)
    return entry.error(field, " ".join(messages))
