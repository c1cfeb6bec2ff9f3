"""Progress of long operations: a bar, or only the rate if the total is unknown."""

import pytest

from claimsapi.core import progress


def test_a_bar_shows_the_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    lines: list[str] = []
    progress_bar = progress.Progress("Rows", 4, lines.append)
    for _ in range(5):  # one more than the total
        progress_bar.add(1)
    assert [line.split()[1] for line in lines] == [
        *("[#####...............]", "[##########..........]", "[###############.....]"),
        *("[####################]", "[####################]"),
    ]
    assert all(" a second, " in line and " s left" in line for line in lines)


def test_without_a_total_there_is_no_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    lines: list[str] = []
    progress.Progress("Rows", lambda _done: 0, lines.append).add(3)
    assert lines[0].startswith("Rows: 3, ")
    assert "left" not in lines[0]
