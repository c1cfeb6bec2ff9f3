"""Erase the content of ledger entries."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.errors import DomainError
from claimsapi.core.ledger.erasure import erase_entries
from claimsapi.core.models import User


class Command(BaseCommand):
    help = (
        "Erase the content of ledger entries where the law asks for it. Their places, hashes, "
        "times and actors stay, and an entry says for ever that they were erased, by whom and why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("numbers", nargs="+", type=int, metavar="ENTRY_NUMBER")
        parser.add_argument("--reason", required=True, help="It can be read in the ledger.")
        parser.add_argument(
            "--as", required=True, dest="handle", metavar="HANDLE", help="Who decides this."
        )

    def handle(self, *, numbers: list[int], reason: str, handle: str, **_: Any) -> None:
        actor = User.objects.filter(handle=handle.removeprefix("@")).first()
        if actor is None:
            raise CommandError(f"--as {handle}: there is no account with that handle.")
        try:
            erasures = erase_entries(numbers=numbers, reason=reason, actor=actor)
        except DomainError as refusal:
            raise CommandError(f"Nothing was erased. {refusal}") from None
        for erasure in erasures:
            self.stdout.write(f"Entry {erasure.leaf.sequence}: erasure of {erasure.object}")
        self.stderr.write(
            "Erased here only: backups, older exports and free pages of the database still have it."
        )
