"""How many of the claims that are asked for have each value of a facet, the most frequent first.

A facet leaves its own filters aside, so that it shows what else could be chosen.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import CharField, Count, Max, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Substr

from claims.models import Claim, PublicTally, Topic
from claims.search.filters import ClaimFilterSet
from claimsapi.core.api.keyset import QueryKeys
from sources.models import Publisher, Speaker

MAX_VALUES: Final = 20  # values of a facet
MAX_COUNTED: Final = 1000  # of the newest matches, where filters narrow them

Counts = list[tuple[Any, int]]
Counting = Callable[[ClaimFilterSet, RawSQL], Counts]

# One parameter for all the numbers: to bind each costs more than to count.
_NUMBERS: Final = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(%s AS json))",
}


@dataclass(frozen=True, slots=True)
class Facet:
    """``own`` names the facts whose filters it leaves aside; ``model`` is that of its values.

    ``count`` counts values over claims, given the question without its own filters.
    """

    name: str
    own: tuple[str, ...]
    count: Counting
    model: Any = None


def count_facets(filterset: ClaimFilterSet) -> dict[str, Any]:
    """Each facet's values with their counts, and whether these are exact.

    ``filterset`` is a valid question.
    """
    asked = {facet: _others(facet, filterset) for facet in FACETS}
    whole = [facet for facet in FACETS if not (asked[facet] or filterset.sees_all())]
    tallied = _tallied(whole) if whole else {}
    newest: dict[frozenset[str], list[int]] = {}
    answer = {}
    for facet, others in asked.items():
        exact = True
        if facet in whole:
            counts = tallied[facet.name]
        else:
            narrowed = filterset.narrowed_to(others)
            if others not in newest:
                newest[others] = _newest(narrowed)
            exact = len(newest[others]) <= MAX_COUNTED
            counts = facet.count(narrowed, _numbers(newest[others][:MAX_COUNTED]))
        answer[facet.name] = {"exact": exact, "values": _shown(facet, counts)}
    return answer


def _numbers(claims: list[int]) -> RawSQL:
    return RawSQL(_NUMBERS[connection.vendor], [json.dumps(claims)])  # noqa: S611  bound as one


def _newest(filterset: ClaimFilterSet) -> list[int]:
    """The newest claims that are asked for, one more than are counted."""
    keys = filterset.index_keys() or QueryKeys(filterset.qs)
    rows = keys.rows("created_at", descending=True, after=None, limit=MAX_COUNTED + 1)
    return [pk for pk, *_ in rows]


def _others(facet: Facet, filterset: ClaimFilterSet) -> frozenset[str]:
    """The names of the filters that are asked for and not the facet's own."""
    own = re.compile(f"({'|'.join(facet.own)})(__(in|not|gte|lt))?")
    return frozenset(name for name in filterset.form.cleaned_data if not own.fullmatch(name))


def _tallied(facets: list[Facet]) -> dict[str, Counts]:
    """What is counted of all that is public, by facet."""
    numbers = {facet.name: facet.model is not None or facet.name == "year" for facet in facets}
    counts: dict[str, Counts] = {name: [] for name in numbers}
    rows = PublicTally.objects.filter(facet__in=numbers)
    for name, value, count in rows.most_frequent(MAX_VALUES):
        counts[name].append((int(value) if numbers[name] else value, count))
    return counts


def _most(rows: QuerySet[Any], value: str, counted: str) -> Counts:
    """The most frequent values, by how many claims have them."""
    counts = rows.order_by().values_list(value).annotate(count=Count(counted, distinct=True))
    return list(counts.order_by("-count", value)[:MAX_VALUES])


def _of_words(counts: Counts) -> Counts:
    """In one order, however they were counted."""
    return sorted(counts, key=lambda pair: (-pair[1], len(str(pair[0])), str(pair[0])))[:MAX_VALUES]


def _standing(filterset: ClaimFilterSet, claims: RawSQL) -> QuerySet[Any]:
    # Of a claim with several reviews only those that are asked for, as the list would find it.
    rows = filterset.standing().filter(filterset.conditions_by_relation().get("reviews", Q()))
    return rows.filter(review__claim__in=claims).order_by()


def _verdicts(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    rows = _standing(filterset, claims)
    return _of_words(_most(rows, "rating__verdict", "review__claim"))


def _topics(_: ClaimFilterSet, claims: RawSQL) -> Counts:
    return _most(Claim.topics.through.objects.filter(claim__in=claims), "topic", "claim")


def _speakers(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    said = filterset.statements().filter(filterset.conditions_by_relation().get("statements", Q()))
    return _most(said.filter(claim__in=claims, speaker__isnull=False), "speaker", "claim")


def _publishers(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    return _most(_standing(filterset, claims), "review__publisher", "review__claim")


def _languages(_: ClaimFilterSet, claims: RawSQL) -> Counts:
    found = Claim.objects.filter(pk__in=claims).exclude(language="")
    return _of_words(_most(found, "language", "pk"))


def _years(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    newest = _standing(filterset, claims).values("review__claim").annotate(at=Max("published_at"))
    # As text, in UTC: SQLite takes a date apart by calling back, which is slow for so many.
    years = newest.annotate(year=Substr(Cast("at", CharField()), 1, 4))
    found = Counter(years.values_list("year", flat=True))
    return _of_words([(int(year), count) for year, count in found.items()])


def _shown(facet: Facet, counts: Counts) -> list[dict[str, Any]]:
    if facet.model is None:
        return [{"value": value, "count": count} for value, count in counts]
    wanted = Q(pk__in=[key for key, _ in counts])
    columns = ("public_id", "slug", "name")
    named: Mapping[int, Any] = {
        row["pk"]: row for row in facet.model.objects.filter(wanted).values("pk", *columns)
    }
    return [
        {
            "id": named[key]["public_id"],
            "slug": named[key]["slug"],
            "name": named[key]["name"],
            "count": count,
        }
        for key, count in counts
    ]


FACETS: Final = (
    Facet("verdict", ("verdict",), _verdicts),
    Facet("topic", ("topic",), _topics, Topic),
    Facet("speaker", ("speaker", "speaker__slug"), _speakers, Speaker),
    Facet("publisher", ("publisher", "publisher__slug"), _publishers, Publisher),
    Facet("language", ("language",), _languages),
    Facet("year", ("reviewed_at",), _years),
)
