"""Fixtures of the tests of webhooks."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.webhook_receiver import Receiver, serve_receiver


@pytest.fixture
def allow_loopback(settings: Any) -> None:
    """Let endpoints have URLs on loopback."""
    settings.WEBHOOKS_ALLOW_PRIVATE = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers every request with 204."""
    with serve_receiver() as server:
        yield server
