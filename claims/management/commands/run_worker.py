"""``manage.py run_worker``: run the background tasks of the database's queue."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims.webhooks.worker import DeskWorker


class Command(BaseCommand):
    help = (
        "Run the queued tasks: deliver webhooks, retry failed deliveries, delete old log entries. "
        "Runs until it is stopped. Several workers can run in parallel."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="Exit when no task is due.")
        parser.add_argument(
            "--interval",
            type=float,
            default=2.0,
            help="Seconds between two queries of an empty queue (default: %(default)s).",
        )

    def handle(self, *, once: bool, interval: float, **_: Any) -> None:
        if not 0.05 <= interval <= 3600:
            raise CommandError(f"--interval {interval}: use 0.05 to 3600 seconds.")
        worker = DeskWorker(interval=interval, once=once, report=self.stderr.write)
        if not once:
            worker.configure_signals()
            self.stderr.write(
                "The worker is running. Stop it with Ctrl-C or TERM: it finishes its current task."
            )
        worker.run()
