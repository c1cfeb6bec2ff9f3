#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from claimsapi.core.ledger.audit_context import audit_context, command_actor

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsapi.settings")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    with audit_context(actor=command_actor(command)):
        execute_from_command_line(sys.argv)
