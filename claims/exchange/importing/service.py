"""Start of an import, its account and its report, for the command and the desk's import page."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Row
from claimsapi.core.errors import Invalid
from claimsapi.core.i18n.messages import Message
from claimsapi.core.models import User
from claimsapi.core.text import escape_cell

NOTHING_FOUND: Final = Message("The file contains no ClaimReview.")
COLUMNS: Final = ("row", "outcome", "identifier", "review", "why", "notes")
_HANDLE: Final = "import"


def start_import(
    *, handle: str = "", dry_run: bool = False, archive: bool = False
) -> ReviewImporter:
    """Return an importer that writes under the account with the handle, else under ``import``.

    Raises ``Invalid`` if the account does not exist.
    """
    author = get_import_author(handle, create=not dry_run)
    return ReviewImporter(author=author, dry_run=dry_run, archive=archive)


def get_import_author(handle: str = "", *, create: bool = True) -> User:
    """Return the account with the handle, else the account ``import``.

    Nobody can sign in with the account ``import``. The first import creates it. With ``create``
    false, a missing account is returned unsaved. Raises ``Invalid`` if there is no account with the
    handle.
    """
    if handle:
        account: User | None = User.objects.filter(handle=handle.removeprefix("@")).first()
        if account is None:
            raise Invalid(f"There is no account with the handle {handle!r}.")
        return account
    if not create:
        return User.objects.filter(handle=_HANDLE).first() or User(handle=_HANDLE)
    user: User
    user, is_new = User.objects.get_or_create(
        handle=_HANDLE, defaults={"username": _HANDLE, "is_active": False}
    )
    if is_new:
        user.set_unusable_password()
        user.save()
    return user


def report_as_csv(rows: Iterable[Row]) -> str:
    """Return a report for spreadsheets, with one line per row of the import."""
    output = io.StringIO()
    table = csv.writer(output)
    table.writerow(COLUMNS)
    for row in rows:
        line = row.report() | {"notes": " ".join(row.notes)}
        # Texts come from foreign files: a cell must not become a formula.
        table.writerow([escape_cell(str(line.get(name, ""))) for name in COLUMNS])
    return output.getvalue()
