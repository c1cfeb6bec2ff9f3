"""How an import begins and what it reports, for the command and for the page of the desk."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from claims.exchange.importing.author import import_author
from claims.exchange.importing.importer import ReviewImporter
from claims.exchange.importing.rows import Row
from claimsapi.core.i18n.messages import Message
from claimsapi.core.text import escape_cell

NOTHING_FOUND: Final = Message("The file holds no ClaimReview.")
COLUMNS: Final = ("row", "outcome", "identifier", "review", "why", "notes")


def start_import(*, handle: str = "", dry: bool = False, archive: bool = False) -> ReviewImporter:
    """Begin to bring in the reviews of others.

    What is written stands under the account with the handle, else under that of ``import``. Raises
    ``Invalid`` if there is no such account.
    """
    author = import_author(handle, make=not dry)
    return ReviewImporter(author=author, dry=dry, archive=archive)


def report_as_csv(rows: Iterable[Row]) -> str:
    """A report with a line for each row, for a spreadsheet."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(COLUMNS)
    for row in rows:
        line = row.report() | {"notes": " ".join(row.notes)}
        table.writerow([escape_cell(str(line.get(name, ""))) for name in COLUMNS])
    return written.getvalue()
