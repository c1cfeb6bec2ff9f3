"""What reading should cost at most, and whether it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Figures = dict[tuple[str, str], dict[str, Any]]  # of one database, by case and server


@dataclass(frozen=True, slots=True)
class Goal:
    """A ratio of two figures, each named by case and server, and where it should lie.

    A case that ends in ``:`` stands for all that begin so: the worst of them counts. Without
    ``to``, the figure itself in milliseconds. ``bounds`` are SQLite's and PostgreSQL's.
    """

    what: str
    of: tuple[str, str]
    to: tuple[str, str] | None
    bounds: tuple[float, float]
    at_least: bool = False
    statistic: str = "median"

    def asked(self, vendor: str) -> str:
        bound = self.bounds[vendor != "sqlite"]
        return f"{'≥' if self.at_least else '≤'} {bound:g}{'x' if self.to else ' ms'}"

    def measured(self, vendor: str, figures: Figures) -> str:
        """Say what was measured, and whether the goal is met; empty without figures."""
        values = list(self._values(figures))
        if not values:
            return ""
        bound = self.bounds[vendor != "sqlite"]
        value, case = (min if self.at_least else max)(values)
        beyond = bound / value if self.at_least else value / bound
        said = f"{value:.2f}{'x' if self.to else ' ms'}"
        said += f", missed by a factor of {beyond:.2f}" if beyond > 1 else ", met"
        if len(values) > 1:
            met = sum((v >= bound) if self.at_least else (v <= bound) for v, _ in values)
            said += f" (the worst: {case}; {met} of {len(values)} meet it)"
        return said

    def _values(self, figures: Figures) -> Iterator[tuple[float, str]]:
        case, server = self.of
        for (name, other), figure in figures.items():
            if other != server or not (name == case or (case[-1] == ":" and name.startswith(case))):
                continue
            value = self._of(figure)
            if self.to is None:
                yield value, name
            elif base := figures.get((name if self.to[0] == case else self.to[0], self.to[1])):
                yield value / self._of(base), name

    def _of(self, figure: dict[str, Any]) -> float:
        return float(figure["cpu"][1] if self.statistic == "median" else figure[self.statistic])


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
