"""``manage.py demo``: a desk on this machine, with nothing else to set up."""

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

_ROLES = ("researcher", "editor", "auditor", "administrator")


class Command(BaseCommand):
    help = (
        "Migrate, load fixtures, seeds and demo accounts where there are none, and serve, with a "
        "worker. Only with DEBUG on and on a loopback address."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000", help="HOST:PORT")
        parser.add_argument("--prepare-only", action="store_true", help="Prepare all and end.")

    def handle(self, *, address: str, prepare_only: bool, **_: Any) -> None:
        host, _colon, port = address.rpartition(":")
        if not settings.DEBUG:
            raise CommandError("The demo makes accounts with known roles: it needs DEBUG=1.")
        if not _is_loopback(host):
            raise CommandError(f"{host!r} is not a loopback address: the demo serves on 127.0.0.1.")
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise CommandError(f"{port!r} is not a port: use a number from 1 to 65535.")
        if not prepare_only and not _is_free(host, int(port)):
            raise CommandError(
                f"Port {port} is in use: stop what uses it, or take another (make run PORT=9000)."
            )
        self._prepare()
        accounts = self._accounts()
        base = f"http://{host}:{port}"
        say = self.stderr.write
        if not os.environ.get("SITE_URL"):
            settings.SITE_URL = base
        say(f"Site  {base}/reviews/\nDesk  {base}/desk/")
        say(f"API   {base}/api/v1/claims/\nDocs  {base}/api/docs/")
        if accounts:
            say("Demo accounts, shown this once (login / password):")
            for login, password in accounts:
                say(f"  {login:<14} {password}")
        else:
            say(
                "Demo accounts exist; their passwords were shown when they were made. A new one: "
                "DEBUG=1 .venv/bin/python manage.py changepassword <login>, where <login> is one "
                f"of {', '.join(_ROLES)}."
            )
        if not prepare_only:
            worker = DeskWorker(interval=2.0, once=False, say=say)
            Thread(target=worker.run, daemon=True).start()
            call_command("runserver", address, use_reloader=False, skip_checks=True)

    def _prepare(self) -> None:
        """Bring in what an installation starts with, where it is missing."""
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

    def _accounts(self) -> list[tuple[str, str]]:
        """Make the accounts that are missing, one per role; return them with their passwords."""
        made = []
        for role in _ROLES:
            if User.objects.filter(username=role).exists():
                continue
            password = secrets.token_urlsafe(9)
            user = User.objects.create_user(role, password=password, handle=role, is_staff=True)
            user.groups.add(Group.objects.get(name=role))
            made.append((role, password))
        return made


def _is_free(host: str, port: int) -> bool:
    """Whether nobody listens there yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server itself does: connections of an earlier run may linger.
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
