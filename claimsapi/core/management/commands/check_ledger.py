"""Check the live database against its ledger."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.ledger.integrity import find_differences
from claimsapi.core.ledger.models import Pending
from claimsapi.core.ledger.progress import no_output
from claimsapi.core.ledger.read_snapshot import read_snapshot
from claimsapi.core.ledger.sequencer import tree_size
from claimsapi.core.ledger.signing import sign_checkpoint


class Command(BaseCommand):
    help = (
        "Recompute the ledger's tree from its entries, compare every record with its newest entry, "
        "and look for every trigger. Names each difference; exit status 1 if there is one. The "
        "desk goes on working meanwhile."
    )
    requires_system_checks = ()

    def handle(self, *, verbosity: int, **_: Any) -> None:
        found = 0
        with read_snapshot():
            for difference in find_differences(self.stderr.write if verbosity else no_output):
                found += 1
                self.stdout.write(str(difference))
            size, waiting = tree_size(), Pending.objects.count()
            root = f", root {sign_checkpoint().root.hex()}" if not found else ""
        self.stdout.write(f"{size} entries, {waiting} waiting{root}: {found} differences")
        if found:
            raise CommandError("The database is not as its ledger says.")
