"""The mapping file that the commands for tables are given."""

from pathlib import Path

from django.core.management.base import CommandError

from claims.exchange.tables.mapping import LARGEST, BadMapping, Mapping


def load_mapping(path: str) -> Mapping:
    """Read a mapping file, of which no more is read than a mapping may have."""
    try:
        with Path(path).open("rb") as file:
            return Mapping.parse(file.read(LARGEST + 1).decode())
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}", returncode=2) from None
    except UnicodeDecodeError:
        raise CommandError(f"{path}: not UTF-8. Save the file as UTF-8.", returncode=2) from None
    except BadMapping as error:
        raise CommandError(f"{path}: {error}", returncode=2) from None
