"""Geometry of the charts."""

from claims.reports.charts import WIDTH, Bar, Count, Slice, draw_bars, draw_measures


def test_bars_share_one_scale_and_their_slices_adjoin() -> None:
    drawing = draw_bars(
        [("a", [Count("x", 3, "true"), Count("y", 1)]), ("b", [Count("x", 2, "true")])]
    )
    assert drawing == [
        Bar("a", 4, [Slice("x", 3, "true", 0, 750), Slice("y", 1, "count", 750, 250)]),
        Bar("b", 2, [Slice("x", 2, "true", 0, 500)]),
    ]
    assert max(part.x + part.width for bar in drawing for part in bar.slices) == WIDTH


def test_a_row_without_counts_has_no_slices() -> None:
    assert draw_bars([]) == []
    assert draw_bars([("a", [Count("x", 0)]), ("b", [])]) == [Bar("a", 0, []), Bar("b", 0, [])]


def test_a_missing_measure_is_not_zero() -> None:
    drawing = draw_measures([("a", 2.5), ("b", None), ("c", 0.0)])
    assert [(bar.total, len(bar.slices)) for bar in drawing] == [(2.5, 1), (None, 0), (0.0, 0)]
    assert drawing[0].slices[0].width == WIDTH
    assert [bar.total for bar in draw_measures([("a", None)])] == [None]
