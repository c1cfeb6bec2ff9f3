"""Goals for the cost of reading, and their comparison with the figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Figures = dict[tuple[str, str], dict[str, Any]]  # of one database, by case and server


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on the ratio of two figures; each figure is named by case and server.

    A case that ends in ``:`` covers all cases with this prefix, and the worst of them counts.
    Without ``base`` the bound is on the figure itself, in milliseconds. ``bounds`` are those of
    SQLite and PostgreSQL.
    """

    label: str
    figure: tuple[str, str]
    base: tuple[str, str] | None
    bounds: tuple[float, float]
    at_least: bool = False
    statistic: str = "median"

    def format_bound(self, vendor: str) -> str:
        return f"{'≥' if self.at_least else '≤'} {self._bound(vendor):g}{self._unit}"

    def format_result(self, vendor: str, figures: Figures) -> str:
        """Format the worst value and whether it meets the goal; empty without figures."""
        values = list(self._values(figures))
        if not values:
            return ""
        bound = self._bound(vendor)
        # The worst case decides: a good average could hide a slow one.
        value, case = (min if self.at_least else max)(values)
        excess = bound / value if self.at_least else value / bound
        result = f"{value:.2f}{self._unit}"
        result += f", missed by a factor of {excess:.2f}" if excess > 1 else ", met"
        if len(values) > 1:
            met = sum((v >= bound) if self.at_least else (v <= bound) for v, _ in values)
            result += f" (the worst: {case}; {met} of {len(values)} meet it)"
        return result

    @property
    def _unit(self) -> str:
        return "x" if self.base else " ms"

    def _bound(self, vendor: str) -> float:
        return self.bounds[vendor != "sqlite"]

    def _values(self, figures: Figures) -> Iterator[tuple[float, str]]:
        """The ratio, or the figure itself, of each case that the goal covers."""
        prefix, server = self.figure
        for (case, case_server), figure in figures.items():
            covered = case == prefix or (prefix.endswith(":") and case.startswith(prefix))
            if case_server != server or not covered:
                continue
            value = self._statistic(figure)
            if self.base is None:
                yield value, case
                continue
            base_case, base_server = self.base
            # A base with the same prefix is the same case on another server.
            if base_case == prefix:
                base_case = case
            if base := figures.get((base_case, base_server)):
                yield value / self._statistic(base), case

    def _statistic(self, figure: dict[str, Any]) -> float:
        return float(figure["cpu"][1] if self.statistic == "median" else figure[self.statistic])


# The product's figures that several goals compare.
FIRST: Final = ("list", "product")
FILTERED: Final = ("filtered:", "product")
DETAIL: Final = ("detail", "product")
FAR: Final = ("page", "product")

GOALS: Final = (
    Goal("a list: stock / product", ("list", "stock"), FIRST, (10, 6), at_least=True),
    Goal("a list: Datasette / product", ("list", "Datasette"), FIRST, (2.5, 2.5), at_least=True),
    Goal("a list: product / limit", FIRST, ("list", "limit"), (2, 2)),
    Goal("a detail: stock / product", ("detail", "stock"), DETAIL, (10, 10), at_least=True),
    Goal("a detail: product / limit", DETAIL, ("detail", "limit"), (2.5, 2.5)),
    Goal("a filtered list: product / limit", FILTERED, ("filtered:", "limit"), (3, 3)),
    Goal("a filtered list / the unfiltered", FILTERED, ("filtered:", "first page"), (1.5, 1.5)),
    Goal("the far page / the first", FAR, ("page", "first page"), (1.2, 1.2)),
    Goal(
        "p99 of the far page / of the first",
        FAR,
        ("page", "first page"),
        (1.5, 1.5),
        statistic="p99",
    ),
    Goal("a 304 / the 200", ("304", "product"), ("304", "first page"), (0.5, 0.5)),
    Goal("facets / the unfiltered list", ("facets:", "product"), ("facets:", "first page"), (5, 5)),
    Goal(
        "p95 of the SQL of a search",
        ("search, its SQL", "product"),
        None,
        (25, 25),
        statistic="p95",
    ),
    Goal("NDJSON of all: product / limit", ("NDJSON", "product"), ("NDJSON", "limit"), (1.5, 1.5)),
    Goal(
        "a write with indexes / without",
        ("write", "with indexes"),
        ("write", "without"),
        (1.5, 1.5),
    ),
)
