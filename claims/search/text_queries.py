"""Full-text search: the claims that match a query, and their order of relevance."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from claims.read_models.full_text import (
    DESK_TABLE,
    PUBLIC_TABLE,
    claim_id_column,
    configuration_name,
)
from claims.read_models.stemming import LANGUAGES, all_stems
from claims.search.query import Term

# Ranking all matches of a frequent word takes up to 2 s on a million claims, so only the newest
# matches are ranked. The answer says so.
MAX_RANKED: Final = 2000
_MAX_CANDIDATES: Final = 20_000  # of the newest matches, to which the other filters apply

SqlCondition = tuple[str, list[Any]]


def filter_by_text(queryset: QuerySet[Any], terms: Sequence[Term], user: Any) -> QuerySet[Any]:
    """Return the claims of ``queryset`` whose text matches all terms.

    The text is the public one, unless the user may read all of the desk's.
    """
    if _matches_nothing(terms):
        return queryset.none()
    return queryset.filter(pk__in=_matches(terms, user))


def rank_matches(
    queryset: QuerySet[Any], terms: Sequence[Term], user: Any, *, narrowed: bool
) -> tuple[list[int], bool]:
    """Return the primary keys of the matching claims by relevance, and whether they are complete.

    Only the newest ``MAX_RANKED`` matches are ranked. Among equally relevant claims the newer comes
    first. ``narrowed`` says that ``queryset`` has other filters than the caller's visibility.
    """
    if _matches_nothing(terms):
        return [], True
    limit = _MAX_CANDIDATES if narrowed else MAX_RANKED
    # The queryset checks visibility again: a text table alone must never reveal a claim.
    keys = list(
        queryset.filter(pk__in=_matches(terms, user, limit + 1))
        .order_by("-pk")
        .values_list("pk", flat=True)[: MAX_RANKED + 1]
    )
    complete = not narrowed or _count_matches(terms, user, limit + 1) <= limit
    complete = complete and len(keys) <= MAX_RANKED
    keys = keys[:MAX_RANKED]
    if keys:
        ranks = _ranks(terms, user, keys)
        keys.sort(key=lambda key: (-ranks.get(key, 0.0), -key))
    return keys, complete


def _matches_nothing(terms: Sequence[Term]) -> bool:
    return all(term.excluded for term in terms)


def _table(user: Any) -> str:
    return DESK_TABLE if _may_read_desk_text(user) else PUBLIC_TABLE


def _may_read_desk_text(user: Any) -> bool:
    """Whether the user may view every record that the desk's text is made of."""
    models = ("claim", "statement", "review", "reviewversion")
    return all(user.has_perm(f"claims.view_{name}") for name in models) and bool(
        user.has_perm("sources.view_speaker")
    )


def _matches(terms: Sequence[Term], user: Any, limit: int = 0) -> RawSQL:
    """A query of the matching claims' ids; with a limit, of the newest."""
    table, column = _table(user), claim_id_column(connection.vendor)
    condition, params = _condition(table, terms)
    order = f" ORDER BY {column} DESC LIMIT {limit}" if limit else ""
    sql = f"SELECT {column} FROM {table} WHERE {condition}{order}"  # noqa: S608  constants
    return RawSQL(sql, params)  # noqa: S611


def _count_matches(terms: Sequence[Term], user: Any, limit: int) -> int:
    # The limit inside the subquery caps the cost of the count.
    rows = _matches(terms, user, limit)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({rows.sql}) m", rows.params)  # noqa: S608
        return int(cursor.fetchone()[0])


def _ranks(terms: Sequence[Term], user: Any, keys: list[int]) -> dict[int, float]:
    """Relevance by claim id: a word of the title weighs more than one of the rest."""
    table, column = _table(user), claim_id_column(connection.vendor)
    if connection.vendor == "sqlite":
        # Weights of title, rest, title_stems and rest_stems. FTS5 returns the best as the lowest.
        rank, params = f"-bm25({table}, 10.0, 1.0, 10.0, 1.0)", []
    else:
        # Weights of D, C, B and A: the rest is B and the title is A, see claims.read_models.
        parts = [_tsquery(term) for term in terms if not term.excluded]
        rank = " + ".join(
            f"ts_rank('{{0, 0, 0.2, 1}}', {vector}, {query})" for vector, query, _ in parts
        )
        params = [value for _, _, values in parts for value in values]
    condition, condition_params = _condition(table, terms)
    # A range of ids instead of a list of up to 2,000 bound ids.
    sql = f"""
        SELECT {column}, {rank} FROM {table}
        WHERE {condition} AND {column} BETWEEN %s AND %s"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *condition_params, min(keys), max(keys)])
        return dict(cursor.fetchall())


def _condition(table: str, terms: Sequence[Term]) -> SqlCondition:
    if connection.vendor == "sqlite":
        # FTS5 has no unary NOT: exclusions follow the required terms.
        required = " AND ".join(_fts5(term) for term in terms if not term.excluded)
        excluded = "".join(f" NOT {_fts5(term)}" for term in terms if term.excluded)
        return f"{table} MATCH %s", [f"({required}){excluded}"]
    parts, params = [], []
    for term in terms:
        vector, query, values = _tsquery(term)
        parts.append(f"{'NOT ' if term.excluded else ''}{vector} @@ {query}")
        params += values
    return " AND ".join(parts), params


def _fts5(term: Term) -> str:
    """A term in FTS5's query language. Quoted words have no syntax, so any word is safe."""
    if len(term.words) == 1 and not term.prefix:
        stems = " OR ".join(f'"{stem}"' for stem in all_stems(term.words[0]))
        return f"({{title_stems rest_stems}} : ({stems}))"
    return f'({{title rest}} : "{" ".join(term.words)}"{" *" if term.prefix else ""})'


def _tsquery(term: Term) -> tuple[str, str, list[str]]:
    """A term as the vector column that it searches, its query expression and the parameters."""
    if len(term.words) == 1 and not term.prefix:
        return "stems", "CAST(%s AS tsquery)", [_any_stem(term.words[0])]
    words = " <-> ".join(f"'{word}'" for word in term.words)
    return "words", "to_tsquery('simple', %s)", [words + (":*" if term.prefix else "")]


@lru_cache(maxsize=10_000)
def _any_stem(word: str) -> str:
    """A tsquery of the word's stems in all languages, each stem once.

    Equal stems must not repeat. The planner adds up the estimates of all alternatives: with one
    for each language it takes every word for a frequent one and scans the whole table.
    """
    names = ", ".join(f"('{name}')" for name in ("simple", *map(configuration_name, LANGUAGES)))
    sql = f"""
        SELECT coalesce(string_agg(DISTINCT '(' || q || ')', ' | '), '')
        FROM (
            SELECT CAST(plainto_tsquery(CAST(n AS regconfig), %s) AS text) AS q
            FROM (VALUES {names}) names (n)
        ) queries
        WHERE q <> ''"""  # noqa: S608  constants
    with connection.cursor() as cursor:
        cursor.execute(sql, [word])
        return str(cursor.fetchone()[0])
