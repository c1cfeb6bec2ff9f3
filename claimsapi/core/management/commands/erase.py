"""Erase the content of ledger entries."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.erasure import erase_entries
from claimsapi.core.models import User


class Command(BaseCommand):
    help = (
        "Erase the content of ledger entries where the law requires it. Places, hashes, times and "
        "actors of the entries stay. A new entry records for ever who erased them and why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("numbers", nargs="+", type=int, metavar="ENTRY_NUMBER")
        parser.add_argument("--reason", required=True, help="The ledger shows it for ever.")
        parser.add_argument(
            "--as", required=True, dest="handle", metavar="HANDLE", help="Who decided it."
        )

    def handle(self, *, numbers: list[int], reason: str, handle: str, **_: Any) -> None:
        actor = User.objects.filter(handle=handle.removeprefix("@")).first()
        if actor is None:
            raise CommandError(f"--as {handle}: no account has that handle.")
        try:
            erasures = erase_entries(numbers=numbers, reason=reason, actor=actor)
        except DomainError as error:
            raise CommandError(f"Nothing was erased. {error}") from None
        for erasure in erasures:
            self.stdout.write(f"Entry {erasure.leaf.sequence}: erasure of {erasure.object}")
        self.stderr.write(
            "Backups, older exports and free pages of the database still contain the erased text."
        )
