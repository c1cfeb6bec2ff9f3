"""A mark for slow tests that hardly depend on the database: they run on SQLite only."""

import pytest
from django.db import connection

once = pytest.mark.skipif(
    connection.vendor != "sqlite",
    reason="Slow, and hardly depends on the database: runs on SQLite only.",
)
