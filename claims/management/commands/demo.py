"""``manage.py demo``: prepare and serve a desk on this machine."""

import ipaddress
import os
import secrets
import socket
from argparse import ArgumentParser
from io import StringIO
from threading import Thread
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from claims.models import Claim, LabelVerdict, RatingScale
from claims.webhooks.worker import DeskWorker
from claimsapi.core.models import User
from claimsapi.core.text import parse_digits

_ROLES = ("researcher", "editor", "auditor", "administrator")


class Command(BaseCommand):
    help = (
        "Prepare the database with migrations, fixtures, seeds and demo accounts, and serve "
        "the desk with a worker. Needs DEBUG=1 and a loopback address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000", help="HOST:PORT")
        parser.add_argument(
            "--prepare-only", action="store_true", help="Prepare the database and exit."
        )

    def handle(self, *, address: str, prepare_only: bool, **_: Any) -> None:
        host, _colon, port = address.rpartition(":")
        if not settings.DEBUG:
            raise CommandError(
                "The demo creates accounts with well-known logins. Set DEBUG=1 to allow that."
            )
        if not _is_loopback(host):
            raise CommandError(f"{host!r} is not a loopback address. Use 127.0.0.1.")
        if not 0 < (parse_digits(port, 5) or 0) < 65536:
            raise CommandError(f"{port!r} is not a port. Use a number from 1 to 65535.")
        if not prepare_only and not _is_free(host, int(port)):
            raise CommandError(
                f"Port {port} is in use. Stop the other server, or use another port "
                "(make run PORT=9000)."
            )
        self._prepare()
        accounts = self._create_accounts()
        base = f"http://{host}:{port}"
        write = self.stderr.write
        if not os.environ.get("SITE_URL"):
            settings.SITE_URL = base
        write(f"Site  {base}/reviews/\nDesk  {base}/desk/")
        write(f"API   {base}/api/v1/claims/\nDocs  {base}/api/docs/")
        if accounts:
            write("Demo accounts, shown this once (login / password):")
            for login, password in accounts:
                write(f"  {login:<14} {password}")
        else:
            write(
                "The demo accounts exist, and the first run showed their passwords. Set a new one: "
                "DEBUG=1 .venv/bin/python manage.py changepassword <login>, where <login> is one "
                f"of {', '.join(_ROLES)}."
            )
        if not prepare_only:
            # A daemon thread, which ends with the server.
            worker = DeskWorker(interval=2.0, once=False, report=write)
            Thread(target=worker.run, daemon=True).start()
            call_command("runserver", address, use_reloader=False, skip_checks=True)

    def _prepare(self) -> None:
        """Migrate the database and load the initial records that are missing."""
        call_command("migrate", verbosity=0)
        if not Group.objects.filter(name__in=_ROLES).exists():
            call_command("loaddata", "roles", verbosity=0)
        if not RatingScale.objects.exists():
            call_command("loaddata", "rating_scales", verbosity=0)
        if not LabelVerdict.objects.exists():
            call_command("loaddata", "label_verdicts", verbosity=0)
        if not Claim.objects.exists():
            call_command("seed", stdout=self.stderr)
        if not settings.LEDGER_KEY.exists():
            call_command("ledger_key", stdout=StringIO())

    def _create_accounts(self) -> list[tuple[str, str]]:
        """Create the missing account of each role; return logins and passwords."""
        accounts = []
        for role in _ROLES:
            if User.objects.filter(username=role).exists():
                continue
            password = secrets.token_urlsafe(9)
            user = User.objects.create_user(role, password=password, handle=role, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
            accounts.append((role, password))
        return accounts


def _is_free(host: str, port: int) -> bool:
    """Return whether no process listens on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # runserver sets the same option: connections of an earlier run may be in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except OSError:
            return False
    return True


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
