"""What takes long, and depends on the database little or not at all, is tried on one of them."""

import pytest
from django.db import connection

once = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="It takes long, and the database matters little to it."
)
