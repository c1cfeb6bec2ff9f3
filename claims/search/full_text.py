"""What a search finds, and in which order."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from claims.read_models.search_text import (
    DESK_TABLE,
    PUBLIC_TABLE,
    claim_id_column,
    configuration_name,
)
from claims.read_models.stemming import LANGUAGES, all_stems
from claims.search.query import Term

MAX_RANKED: Final = 2000  # of the newest matches, which are put in order of relevance
_LOOKED_AT: Final = 20_000  # of the newest matches, among which other filters choose

SqlCondition = tuple[str, list[Any]]


def filter_by_text(queryset: QuerySet[Any], terms: Sequence[Term], user: Any) -> QuerySet[Any]:
    """The claims of ``queryset`` in whose text, as the caller may see it, the terms stand."""
    if _finds_nothing(terms):
        return queryset.none()
    return queryset.filter(pk__in=_matches(terms, user))


def rank_matches(
    queryset: QuerySet[Any], terms: Sequence[Term], user: Any, *, narrowed: bool
) -> tuple[list[int], bool]:
    """The keys of the claims that match, the most relevant first, and whether these are all.

    At most ``RANKED``, the newest of them, are ranked; of as relevant ones the newer comes first.
    ``narrowed`` says that ``queryset`` is not all that the caller may see.
    """
    if _finds_nothing(terms):
        return [], True
    limit = _LOOKED_AT if narrowed else MAX_RANKED
    # Visibility is asked again even where it follows: the text might say more than the record.
    found = list(
        queryset.filter(pk__in=_matches(terms, user, limit + 1))
        .order_by("-pk")
        .values_list("pk", flat=True)[: MAX_RANKED + 1]
    )
    looked_at_all = not narrowed or _number_of_matches(terms, user, limit + 1) <= limit
    keys = found[:MAX_RANKED]
    if not keys:
        return [], looked_at_all
    order = _ranks(terms, user, keys)
    keys.sort(key=lambda key: (-order.get(key, 0.0), -key))
    return keys, looked_at_all and len(found) <= MAX_RANKED


def _finds_nothing(terms: Sequence[Term]) -> bool:
    return all(term.excluded for term in terms)


def _table(user: Any) -> str:
    return DESK_TABLE if _sees_all(user) else PUBLIC_TABLE


def _sees_all(user: Any) -> bool:
    """Whether the caller may read all that the desk's text is made of."""
    models = ("claim", "statement", "review", "reviewversion")
    return all(user.has_perm(f"claims.view_{name}") for name in models) and bool(
        user.has_perm("sources.view_speaker")
    )


def _matches(terms: Sequence[Term], user: Any, limit: int = 0) -> RawSQL:
    column = claim_id_column(connection.vendor)
    condition, params = _condition(terms)
    cut = f" ORDER BY {column} DESC LIMIT {limit}" if limit else ""
    sql = f"SELECT {column} FROM {_table(user)} WHERE {condition}{cut}"  # noqa: S608  constants
    return RawSQL(sql.format(table=_table(user)), params)  # noqa: S611


def _number_of_matches(terms: Sequence[Term], user: Any, limit: int) -> int:
    rows = _matches(terms, user, limit)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({rows.sql}) m", rows.params)  # noqa: S608
        return int(cursor.fetchone()[0])


def _ranks(terms: Sequence[Term], user: Any, keys: list[int]) -> dict[int, float]:
    table, column = _table(user), claim_id_column(connection.vendor)
    low, high = min(keys), max(keys)
    if connection.vendor == "sqlite":
        rank, params = f"-bm25({table}, 10.0, 1.0, 10.0, 1.0)", []
    else:
        parts = [_tsquery(term) for term in terms if not term.excluded]
        rank = " + ".join(f"ts_rank('{{0, 0, 0.2, 1}}', {vector}, {q})" for vector, q, _ in parts)
        params = [value for _, _, values in parts for value in values]
    condition, bound = _condition(terms)
    sql = (
        f"SELECT {column}, {rank} FROM {table}"  # noqa: S608  constants
        f" WHERE {condition.format(table=table)} AND {column} BETWEEN %s AND %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *bound, low, high])
        return dict(cursor.fetchall())


def _condition(terms: Sequence[Term]) -> SqlCondition:
    if connection.vendor == "sqlite":
        wanted = " AND ".join(_fts5(term) for term in terms if not term.excluded)
        without = "".join(f" NOT {_fts5(term)}" for term in terms if term.excluded)
        return "{table} MATCH %s", [f"({wanted}){without}"]
    parts, params = [], []
    for term in terms:
        vector, query, values = _tsquery(term)
        parts.append(f"{'NOT ' if term.excluded else ''}{vector} @@ {query}")
        params += values
    return " AND ".join(parts), params


def _fts5(term: Term) -> str:
    if len(term.words) == 1 and not term.prefix:
        stems = " OR ".join(f'"{stem}"' for stem in all_stems(term.words[0]))
        return f"({{title_stems rest_stems}} : ({stems}))"
    return f'({{title rest}} : "{" ".join(term.words)}"{" *" if term.prefix else ""})'


def _tsquery(term: Term) -> tuple[str, str, list[str]]:
    """A term as the vector that it looks in, the expression of its query, and the parameters."""
    if len(term.words) == 1 and not term.prefix:
        return "stems", "CAST(%s AS tsquery)", [_any_stem(term.words[0])]
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return "words", "to_tsquery('simple', %s)", [words + (":*" if term.prefix else "")]


@lru_cache(maxsize=10_000)
def _any_stem(word: str) -> str:
    """A query for the word's stems in all languages, each once.

    The planner adds up what each alternative may find: with each language's own, as many as there
    are languages, it would take every word for a common one and look through the whole table.
    """
    names = ", ".join(f"('{name}')" for name in ("simple", *map(configuration_name, LANGUAGES)))
    sql = (
        "SELECT coalesce(string_agg(DISTINCT '(' || q || ')', ' | '), '') FROM"  # noqa: S608  constants
        " (SELECT CAST(plainto_tsquery(CAST(n AS regconfig), %s) AS text) AS q"
        f" FROM (VALUES {names}) names (n)) queries WHERE q <> ''"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [word])
        return str(cursor.fetchone()[0])
