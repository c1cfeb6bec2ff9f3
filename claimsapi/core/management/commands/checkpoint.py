"""Print the ledger's signed checkpoint."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.signing import MissingKey, build_checkpoint, signing_key


class Command(BaseCommand):
    help = (
        "Sequence waiting entries and print the signed checkpoint (C2SP). Run it regularly, and "
        "keep its output where the operator of this installation cannot change it."
    )

    def handle(self, **_: Any) -> None:
        sequence_entries(wait=True)
        try:
            self.stdout.write(build_checkpoint().signed(signing_key()), ending="")
        except MissingKey as error:
            raise CommandError(str(error)) from None
