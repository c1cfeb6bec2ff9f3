#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

from claimsapi.core.ledger.acting import acting

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "claimsapi.settings")
    with acting(actor=f"command:{''.join(sys.argv[1:2]) or 'help'}"):
        execute_from_command_line(sys.argv)
