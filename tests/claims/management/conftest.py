"""Fixtures of the tests of commands."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.claims.management.ingestion import TEXT


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file, with the common text by default."""

    def write(content: str | bytes = TEXT, name: str = "ferries.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
