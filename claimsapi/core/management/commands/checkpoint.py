"""Print the ledger's signed checkpoint."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.ledger.sequencer import sequence_entries
from claimsapi.core.ledger.signing import MissingKey, sign_checkpoint, signing_key


class Command(BaseCommand):
    help = (
        "Place what waits in the ledger's tree and print the signed checkpoint (C2SP). Run it by a "
        "timer and keep what it prints where the operator of this installation cannot change it."
    )

    def handle(self, **_: Any) -> None:
        sequence_entries(wait=True)
        try:
            self.stdout.write(sign_checkpoint().signed(signing_key()), ending="")
        except MissingKey as missing:
            raise CommandError(str(missing)) from None
