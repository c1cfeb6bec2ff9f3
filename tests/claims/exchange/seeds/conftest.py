"""Fixtures for seed documents."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.claims.exchange.seeds.documents import CASE
from tests.factories import RatingFactory, RatingScaleFactory


@pytest.fixture
def write(db: None, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a seed document, by default the case of the tests.

    Creates the rating of the case. The shipped cases have their own scales.
    """
    RatingFactory(scale=RatingScaleFactory(slug="desk", version=1), label="False", position=1)

    def write(content: str | bytes = CASE, name: str = "ferries.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
