"""Django's ``makemessages`` with the options of this project and a reproducible result."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import makemessages

from claimsapi.core.i18n.labels import derived_labels

# Directories without messages of the product.
IGNORED = (".venv*", "var", "static", "tests", "docs", "benchmarks", "fixtures", "migrations")


class Command(makemessages.Command):
    # A fuzzy match would give a changed message the translation of another one.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]  # noqa: RUF012  Django's

    # Modules without Django mark their messages with Message().
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Message"]  # noqa: RUF012

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(
            locale=["de"],
            ignore_patterns=list(IGNORED),
            add_location="file",
            no_wrap=True,
            no_obsolete=True,
        )

    def process_locale_dir(self, locale_dir: str, files: list[Any]) -> None:
        """Add the labels that Django derives from names; ``msguniq`` merges duplicates."""
        super().process_locale_dir(locale_dir, files)
        entries = [
            f'#: {module.replace(".", "/")}.py\nmsgid "{label}"\nmsgstr ""\n'
            for module, label in sorted(set(derived_labels()))
        ]
        potfile = Path(locale_dir) / f"{self.domain}.pot"
        makemessages.write_pot_file(str(potfile), "\n".join(["", *entries]))

    def write_po_file(self, potfile: str, locale: str) -> None:
        super().write_po_file(potfile, locale)
        path = Path(potfile).parent / locale / "LC_MESSAGES" / f"{self.domain}.po"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        # Without the creation date, the file changes only if a message does.
        content = "".join(line for line in lines if not line.startswith('"POT-Creation-Date:'))
        path.write_text(content, encoding="utf-8")
