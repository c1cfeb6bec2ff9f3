"""Counts are drawn to one scale."""

from claims.reports.charts import WIDTH, Bar, Count, Slice, draw_bars, draw_measures


def test_bars_are_to_one_scale_and_their_parts_adjoin() -> None:
    drawn = draw_bars(
        [("a", [Count("x", 3, "true"), Count("y", 1)]), ("b", [Count("x", 2, "true")])]
    )
    assert drawn == [
        Bar("a", 4, [Slice("x", 3, "true", 0, 750), Slice("y", 1, "count", 750, 250)]),
        Bar("b", 2, [Slice("x", 2, "true", 0, 500)]),
    ]
    assert max(part.x + part.width for bar in drawn for part in bar.slices) == WIDTH


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw_bars([]) == []
    assert draw_bars([("a", [Count("x", 0)]), ("b", [])]) == [Bar("a", 0, []), Bar("b", 0, [])]


def test_what_was_not_measured_is_not_zero() -> None:
    drawn = draw_measures([("a", 2.5), ("b", None), ("c", 0.0)])
    assert [(bar.total, len(bar.slices)) for bar in drawn] == [(2.5, 1), (None, 0), (0.0, 0)]
    assert drawn[0].slices[0].width == WIDTH
    assert [bar.total for bar in draw_measures([("a", None)])] == [None]
