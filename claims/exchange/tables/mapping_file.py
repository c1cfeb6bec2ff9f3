"""Loads the mapping file of the commands ``import_table`` and ``export_table``."""

from pathlib import Path

from django.core.management.base import CommandError

from claims.exchange.tables.mapping import MAX_BYTES, InvalidMapping, Mapping


def load_mapping(path: str) -> Mapping:
    """Load a mapping file. Raises ``CommandError`` if it is unreadable or invalid."""
    try:
        with Path(path).open("rb") as file:
            # One byte more than the maximum: the parser then rejects an endless file too.
            return Mapping.parse(file.read(MAX_BYTES + 1).decode())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}", returncode=2) from None
    except UnicodeDecodeError:
        raise CommandError(f"{path}: not UTF-8. Save the file as UTF-8.", returncode=2) from None
    except InvalidMapping as error:
        raise CommandError(f"{path}: {error}", returncode=2) from None
