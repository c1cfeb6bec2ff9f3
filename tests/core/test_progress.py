"""How far a long work is, is told with a bar, or by its rate alone where the end is not known."""

import pytest

from claimsapi.core.ledger import progress


def test_a_bar_shows_how_much_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0)
    told: list[str] = []
    work = progress.Progress("Rows", 4, told.append)
    for _ in range(5):  # one more than was thought
        work.add(1)
    assert [line.split()[1] for line in told] == [
        *("[#####...............]", "[##########..........]", "[###############.....]"),
        *("[####################]", "[####################]"),
    ]
    assert all(" a second, " in line and " s left" in line for line in told)


def test_an_end_that_is_not_known_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0)
    told: list[str] = []
    progress.Progress("Rows", lambda _done: 0, told.append).add(3)
    assert told[0].startswith("Rows: 3, ")
    assert "left" not in told[0]
