"""How many of the claims that are asked for have each value of a facet, the most frequent first.

A facet leaves its own filters aside, so that it shows what else could be chosen.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import ExtractYear

from claims.filters import ClaimFilterSet
from claims.models import Claim, PublicTally, Topic
from sources.models import Publisher, Speaker

SHOWN: Final = 20  # values of a facet
COUNTED: Final = 2000  # of the newest matches, where filters narrow them

Counts = list[tuple[Any, int]]
Counting = Callable[[ClaimFilterSet, Iterable[int]], Counts]


@dataclass(frozen=True, slots=True)
class Facet:
    """``own`` names the facts whose filters it leaves aside; ``model`` is that of its values.

    ``count`` counts values over claims, given the question without its own filters.
    """

    name: str
    own: tuple[str, ...]
    count: Counting
    model: Any = None


def claim_facets(filterset: ClaimFilterSet) -> dict[str, Any]:
    """Each facet's values with their counts, and whether these are exact.

    ``filterset`` is a valid question.
    """
    newest: dict[frozenset[str], list[int]] = {}
    answer = {}
    for facet in FACETS:
        asked = frozenset(
            name
            for name in filterset.form.cleaned_data
            if not re.fullmatch(f"({'|'.join(facet.own)})(__(in|not|gte|lt))?", name)
        )
        exact = True
        if asked or filterset.sees_all():
            narrowed = filterset.narrowed_to(asked)
            if asked not in newest:
                newest[asked] = _newest(narrowed)
            exact = len(newest[asked]) <= COUNTED
            counts = facet.count(narrowed, newest[asked][:COUNTED])
        else:
            counts = _tallied(facet)
        answer[facet.name] = {"exact": exact, "values": _shown(facet, counts)}
    return answer


def _newest(filterset: ClaimFilterSet) -> list[int]:
    """The newest claims that are asked for, one more than are counted."""
    keys = filterset.index_keys()
    rows: QuerySet[Any] = (
        filterset.qs.values_list("pk", flat=True)
        if keys is None
        else keys.values_list("claim_id", flat=True)
    )
    return list(rows.order_by("-created_at", "-public_id")[: COUNTED + 1])


def _tallied(facet: Facet) -> Counts:
    found = PublicTally.objects.most_frequent(facet.name)[:SHOWN]
    number = facet.model is not None or facet.name == "year"
    return [(int(value) if number else value, count) for value, count in found]


def _most(rows: QuerySet[Any], value: str, counted: str) -> Counts:
    """The most frequent values, by how many claims have them."""
    counts = rows.order_by().values_list(value).annotate(count=Count(counted, distinct=True))
    return list(counts.order_by("-count", value)[:SHOWN])


def _of_words(counts: Counts) -> Counts:
    """In one order, however they were counted."""
    return sorted(counts, key=lambda pair: (-pair[1], len(str(pair[0])), str(pair[0])))[:SHOWN]


def _standing(filterset: ClaimFilterSet, claims: Iterable[int]) -> QuerySet[Any]:
    # Of a claim with several reviews only those that are asked for, as the list would find it.
    rows = filterset.standing().filter(filterset.of_one().get("reviews", Q()))
    return rows.filter(review__claim__in=claims).order_by()


def _verdicts(filterset: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    rows = _standing(filterset, claims)
    return _of_words(_most(rows, "rating__verdict", "review__claim"))


def _topics(_: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    return _most(Claim.topics.through.objects.filter(claim__in=claims), "topic", "claim")


def _speakers(filterset: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    said = filterset.statements().filter(filterset.of_one().get("statements", Q()))
    return _most(said.filter(claim__in=claims, speaker__isnull=False), "speaker", "claim")


def _publishers(filterset: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    return _most(_standing(filterset, claims), "review__publisher", "review__claim")


def _languages(_: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    found = Claim.objects.filter(pk__in=claims).exclude(language="")
    return _of_words(_most(found, "language", "pk"))


def _years(filterset: ClaimFilterSet, claims: Iterable[int]) -> Counts:
    newest = _standing(filterset, claims).values("review__claim").annotate(at=Max("published_at"))
    years = newest.annotate(year=ExtractYear(F("at"))).values_list("year", flat=True)
    return _of_words(list(Counter(years).items()))


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
