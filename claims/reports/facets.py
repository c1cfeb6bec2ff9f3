"""Facets: how many of the requested claims have each value, the most frequent values first.

A facet ignores its own filters, so that it shows the other values that a reader could choose.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import Max, Q
from django.db.models.expressions import RawSQL

from claims.models import Claim, PublicTally, Topic
from claims.reports.counts import Counts, count_most_frequent, describe_records, year_of
from claims.search.filters import ClaimFilterSet
from claimsapi.core.api.keyset import QuerysetKeySource
from claimsapi.core.database.bound_keys import bind_keys, keys_subquery
from sources.models import Publisher, Speaker

MAX_VALUES: Final = 20  # per facet
MAX_COUNTED: Final = 1000  # of the newest claims, if the tally cannot answer

Count = Callable[[ClaimFilterSet, RawSQL], Counts]


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet and the criteria whose filters it ignores.

    ``count`` counts its values among some claims, for the filter set without these criteria.
    ``model`` is that of values that are records.
    """

    name: str
    criteria: tuple[str, ...]
    count: Count
    model: Any = None


def count_facets(filterset: ClaimFilterSet) -> dict[str, Any]:
    """Return the values of each facet with their counts, and whether the counts are exact.

    ``filterset`` is valid. If no filter remains and the caller sees public claims only, the tally
    answers, and the counts are exact. Otherwise the newest claims are counted.
    """
    filters_by_facet = {facet: _other_filters(facet, filterset) for facet in FACETS}
    tally_facets = [
        facet for facet in FACETS if not (filters_by_facet[facet] or filterset.sees_all_claims())
    ]
    tallies = _read_tally(tally_facets) if tally_facets else {}
    # Facets that ignore the same filters share one list of claims.
    claims_by_filters: dict[frozenset[str], list[int]] = {}
    result = {}
    for facet, filters in filters_by_facet.items():
        exact = True
        if facet in tally_facets:
            counts = tallies[facet.name]
        else:
            restricted = filterset.restrict_to(filters)
            if filters not in claims_by_filters:
                claims_by_filters[filters] = _newest_claims(restricted)
            claims = claims_by_filters[filters]
            exact = len(claims) <= MAX_COUNTED
            counts = facet.count(restricted, _id_list(claims[:MAX_COUNTED]))
        values = (
            [{"value": value, "count": count} for value, count in counts]
            if facet.model is None
            else describe_records(facet.model, counts)
        )
        result[facet.name] = {"exact": exact, "values": values}
    return result


def _id_list(claims: list[int]) -> RawSQL:
    sql = keys_subquery(connection, "bigint")
    return RawSQL(sql, [bind_keys(connection, claims)])  # noqa: S611  a constant


def _newest_claims(filterset: ClaimFilterSet) -> list[int]:
    """Return the ids of the newest requested claims: one more than are counted, to know of more."""
    keys = filterset.get_public_index_keys() or QuerysetKeySource(filterset.qs)
    rows = keys.fetch_rows("created_at", descending=True, after=None, limit=MAX_COUNTED + 1)
    return [pk for pk, *_ in rows]


def _other_filters(facet: Facet, filterset: ClaimFilterSet) -> frozenset[str]:
    """Return the names of the requested filters that the facet does not ignore."""
    ignored = re.compile(f"({'|'.join(facet.criteria)})(__(in|not|gte|lt))?")
    return frozenset(name for name in filterset.form.cleaned_data if not ignored.fullmatch(name))


def _read_tally(facets: list[Facet]) -> dict[str, Counts]:
    """Return the counts of all public claims by facet."""
    # The tally stores values as text. Records and years are numbers.
    numeric = {facet.name: facet.model is not None or facet.name == "year" for facet in facets}
    counts: dict[str, Counts] = {name: [] for name in numeric}
    rows = PublicTally.objects.filter(facet__in=numeric)
    for name, value, count in rows.most_frequent(MAX_VALUES):
        counts[name].append((int(value) if numeric[name] else value, count))
    return counts


def _sort_counts(counts: Counts) -> Counts:
    """Sort counts like the tally does: shorter values first, then by text."""
    counts = sorted(counts, key=lambda pair: (-pair[1], len(str(pair[0])), str(pair[0])))
    return counts[:MAX_VALUES]


def _count_verdicts(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    versions = filterset.matching_versions().filter(review__claim__in=claims)
    counts = count_most_frequent(versions, "rating__verdict", "review__claim", MAX_VALUES)
    return _sort_counts(counts)


def _count_topics(_: ClaimFilterSet, claims: RawSQL) -> Counts:
    topic_links = Claim.topics.through.objects.filter(claim__in=claims)
    return count_most_frequent(topic_links, "topic", "claim", MAX_VALUES)


def _count_speakers(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    conditions = filterset.conditions_by_relation().get("statements", Q())
    statements = filterset.visible_statements().filter(conditions)
    statements = statements.filter(claim__in=claims, speaker__isnull=False)
    return count_most_frequent(statements, "speaker", "claim", MAX_VALUES)


def _count_publishers(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    versions = filterset.matching_versions().filter(review__claim__in=claims)
    return count_most_frequent(versions, "review__publisher", "review__claim", MAX_VALUES)


def _count_languages(_: ClaimFilterSet, claims: RawSQL) -> Counts:
    rows = Claim.objects.filter(pk__in=claims).exclude(language="")
    return _sort_counts(count_most_frequent(rows, "language", "pk", MAX_VALUES))


def _count_years(filterset: ClaimFilterSet, claims: RawSQL) -> Counts:
    """Count claims by the year of their newest published review."""
    versions = filterset.matching_versions().filter(review__claim__in=claims).order_by()
    newest = versions.values("review__claim").annotate(at=Max("published_at"))
    years = Counter(newest.annotate(year=year_of("at")).values_list("year", flat=True))
    return _sort_counts([(int(year), count) for year, count in years.items()])


FACETS: Final = (
    Facet("verdict", ("verdict",), _count_verdicts),
    Facet("topic", ("topic",), _count_topics, Topic),
    Facet("speaker", ("speaker", "speaker__slug"), _count_speakers, Speaker),
    Facet("publisher", ("publisher", "publisher__slug"), _count_publishers, Publisher),
    Facet("language", ("language",), _count_languages),
    Facet("year", ("reviewed_at",), _count_years),
)
