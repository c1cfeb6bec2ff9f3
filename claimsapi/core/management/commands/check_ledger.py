"""Check the live database against its ledger."""

from typing import Any

from django.core.management import BaseCommand, CommandError

from claimsapi.core.ledger.integrity import find_differences
from claimsapi.core.ledger.models import Pending
from claimsapi.core.ledger.read_snapshot import read_snapshot
from claimsapi.core.ledger.sequencer import tree_size
from claimsapi.core.ledger.signing import build_checkpoint
from claimsapi.core.progress import no_output


class Command(BaseCommand):
    help = (
        "Compare the live database with its ledger: recompute the Merkle tree, compare records "
        "with their newest entries, and look for missing triggers. Prints each difference and "
        "then ends with status 1. The desk can work meanwhile."
    )
    # It must report on the data also where a system check fails.
    requires_system_checks = ()

    def handle(self, *, verbosity: int, **_: Any) -> None:
        count = 0
        with read_snapshot():
            for difference in find_differences(self.stderr.write if verbosity else no_output):
                count += 1
                self.stdout.write(str(difference))
            size, waiting = tree_size(), Pending.objects.count()
            root = f", root {build_checkpoint().root.hex()}" if not count else ""
        self.stdout.write(f"{size} entries, {waiting} waiting{root}: {count} differences")
        if count:
            raise CommandError("The database differs from its ledger.")
