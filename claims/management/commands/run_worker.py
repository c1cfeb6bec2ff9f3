"""``manage.py run_worker``: send what waits to be sent."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.webhooks.worker import DeskWorker


class Command(BaseCommand):
    help = (
        "Work off the queue in the database: deliver webhooks, try again what failed, drop old "
        "entries of the log. Runs until it is stopped; several may run beside each other."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="End when nothing is due any more.")
        parser.add_argument(
            "--interval",
            type=float,
            default=2.0,
            help="Seconds between two looks into an empty queue (default: %(default)s).",
        )

    def handle(self, *, once: bool, interval: float, **_: Any) -> None:
        if not 0.05 <= interval <= 3600:
            raise CommandError(f"--interval {interval}: use 0.05 to 3600 seconds.")
        worker = DeskWorker(interval=interval, once=once, say=self.stderr.write)
        if not once:
            worker.configure_signals()
            self.stderr.write("The worker runs. It ends after its present task by Ctrl-C or TERM.")
        worker.run()
