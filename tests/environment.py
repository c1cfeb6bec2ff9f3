"""Environment variables of the tests, set before Django reads its settings.

pytest loads this first (`-p tests.environment`), so a plain `pytest` needs nothing exported.
"""

import os

# With the strict defaults every test request would be redirected to HTTPS and every page would
# need collected static files. pytest-django still runs the tests with settings.DEBUG off.
os.environ["DEBUG"] = "1"
# Tests never open the developer's own database. `python -m tests.postgres` names another.
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or "sqlite://:memory:"
# Tests never use or create the developer's signing key: no file can exist at this path.
os.environ["LEDGER_KEY"] = "/dev/null/ledger_key.pem"
# A pool would keep connections open, and PostgreSQL drops no database with connections.
os.environ.setdefault("DB_POOL", "0")
