"""The primary key, id and handle of a record are unique and never change."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from claimsapi.core.database.ledger_triggers import recorded_models
from claimsapi.core.identifiers import uuid7
from tests.database_rules import insert, overwrite, refused, remove
from tests.factories import UserFactory, factory_of

MODELS = recorded_models()

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_two_records_share_an_id(model: type[Model]) -> None:
    first, second = factory_of(model)(), factory_of(model)()
    table = model._meta.db_table
    remove(second)
    # The guard against replacement may refuse before the unique index does.
    replacing = [f"{table}_{g.name}_insert" for g in model.guards if g.name == "not_replaced"]  # type: ignore[attr-defined]
    with refused(f"{table}_public_id_unique", *replacing):
        insert(second, public_id=first.public_id)
    insert(second)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
@pytest.mark.parametrize(("column", "value"), [("id", 987_654), ("public_id", uuid7())])
def test_a_record_keeps_its_number_and_its_id(model: type[Model], column: str, value: Any) -> None:
    record = factory_of(model)()
    with pytest.raises(IntegrityError, match=r"_same_(id|public_id)_update"), transaction.atomic():
        overwrite(record, **{column: value})
    overwrite(record, **{column: getattr(record, column)})


def test_an_account_keeps_its_handle() -> None:
    account = UserFactory()
    with pytest.raises(IntegrityError, match="core_user_same_handle_update"), transaction.atomic():
        overwrite(account, handle="another")
    overwrite(account, handle=account.handle, username="another")
