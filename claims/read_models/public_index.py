"""The SQL that keeps the index over the public set: what follows from which facts, and when.

For each public claim, the index holds a row per combination of its facts, so that any filter by
speaker, verdict, publisher and topic is one range of one index in the order of the list. 0 stands
for 'any'. Verdict and publisher in one row are those of one standing review.
"""

from collections.abc import Iterator
from typing import Final

from claims.choices import PUBLIC_STATES, Verdict, VersionState
from claimsapi.core.database.guards import columns_changed
from claimsapi.core.database.read_models import Operation, RefreshTrigger, for_each_row

INDEX_TABLE: Final = "claims_publicclaim"
TALLY_TABLE: Final = "claims_publictally"

# A claim with more combinations than this has only those of one fact (a review's verdict and
# publisher count as one), and a row of -1 throughout: filters by more facts then go another way.
MAX_ROWS_PER_CLAIM: Final = 4096
OVERFLOW: Final = -1

VERDICT_CODES: Final = {str(verdict): code for code, verdict in enumerate(Verdict.values, 1)}

_ALL: Final = "IS NOT NULL"
_PUBLISHED: Final = f"'{VersionState.PUBLISHED}'"
PUBLIC_STATES_SQL: Final = "(" + ", ".join(f"'{state}'" for state in PUBLIC_STATES) + ")"
IS_PUBLIC_SQL: Final = (
    "(c.listed_at IS NOT NULL OR EXISTS (SELECT 1 FROM claims_review w"
    f" JOIN claims_reviewversion v ON v.review_id = w.id AND v.state IN {PUBLIC_STATES_SQL}"
    " WHERE w.claim_id = c.id))"
)
_STANDING: Final = (
    "claims_review w JOIN claims_reviewversion v"
    f" ON v.review_id = w.id AND v.state = {_PUBLISHED} JOIN claims_rating g ON g.id = v.rating_id"
)
_CODE: Final = (
    "CASE g.verdict "
    + " ".join(f"WHEN '{word}' THEN {code}" for word, code in VERDICT_CODES.items())
    + " END"
)
# No LIMIT at all: only so that neither database computes a claim's columns for each row of it.
_ONCE: Final = "LIMIT 9223372036854775807"


def _year(vendor: str, moment: str) -> str:
    if vendor == "sqlite":
        return f"CAST(substr({moment}, 1, 4) AS integer)"
    return f"CAST(EXTRACT(YEAR FROM {moment} AT TIME ZONE 'UTC') AS integer)"


def _claims(vendor: str, which: str) -> str:
    newest = f"(SELECT max(v.published_at) FROM {_STANDING} WHERE w.claim_id = c.id)"
    return (
        "(SELECT c.id, c.created_at, c.public_id, c.language,"
        f" coalesce({_year(vendor, newest)}, 0) AS year,"
        " (1 + (SELECT count(DISTINCT speaker_id) FROM claims_statement x WHERE x.claim_id = c.id))"
        f" * (1 + 3 * (SELECT count(*) FROM {_STANDING} WHERE w.claim_id = c.id))"
        " * (1 + (SELECT count(*) FROM claims_claim_topics x WHERE x.claim_id = c.id)) AS size"
        f" FROM claims_claim c WHERE c.id {which} AND {IS_PUBLIC_SQL} {_ONCE}) c"
    )


_COLUMNS: Final = (
    "claim_id, speaker, verdict, publisher, topic, created_at, public_id, language, year"
)


def _definition(vendor: str, which: str) -> str:
    """A query of the rows that the index has of the claims; ``which`` follows their number."""
    zero = "s.speaker + r.verdict + r.publisher + t.topic = 0"
    facts = " + ".join(
        f"CASE WHEN {fact} > 0 THEN 1 ELSE 0 END"
        for fact in ("s.speaker", "r.verdict + r.publisher", "t.topic")
    )
    return (
        "SELECT c.id, s.speaker, r.verdict, r.publisher, t.topic, c.created_at,"
        f" c.public_id, CASE WHEN {zero} THEN c.language ELSE '' END,"
        f" CASE WHEN {zero} THEN c.year ELSE 0 END FROM {_claims(vendor, which)}"
        f" JOIN (SELECT id AS claim_id, 0 AS speaker FROM claims_claim WHERE id {which} UNION"
        " SELECT claim_id, speaker_id FROM claims_statement"
        f" WHERE speaker_id IS NOT NULL AND claim_id {which}) s ON s.claim_id = c.id"
        " JOIN (SELECT id AS claim_id, 0 AS verdict, 0 AS publisher FROM claims_claim"
        f" WHERE id {which} UNION"
        f" SELECT w.claim_id, f.verdict * {_CODE}, f.publisher * w.publisher_id FROM {_STANDING}"
        " CROSS JOIN (SELECT 1 AS verdict, 1 AS publisher UNION ALL SELECT 1, 0 UNION ALL"
        f" SELECT 0, 1) f WHERE w.claim_id {which}) r ON r.claim_id = c.id"
        f" JOIN (SELECT id AS claim_id, 0 AS topic FROM claims_claim WHERE id {which} UNION"
        f" SELECT claim_id, topic_id FROM claims_claim_topics WHERE claim_id {which}) t"
        f" ON t.claim_id = c.id WHERE c.size <= {MAX_ROWS_PER_CLAIM} OR {facts} <= 1"
        f" UNION ALL SELECT c.id, {OVERFLOW}, {OVERFLOW}, {OVERFLOW}, {OVERFLOW}, c.created_at,"
        f" c.public_id, '', 0 FROM {_claims(vendor, which)} WHERE c.size > {MAX_ROWS_PER_CLAIM}"
    )


def _renewal(vendor: str, which: str) -> Iterator[str]:
    """The statements that make the claims' rows what they are to be; what is right is not touched.

    Most writes change few of a claim's rows, and each that is written costs two places of indexes.
    """
    rows = f"SELECT * FROM ({_definition(vendor, which)}) d"
    yield f"DELETE FROM {INDEX_TABLE} WHERE claim_id {which} AND ({_COLUMNS}) NOT IN ({rows})"
    yield f"INSERT INTO {INDEX_TABLE} ({_COLUMNS}) {rows} WHERE true ON CONFLICT DO NOTHING"


DIMENSIONS: Final = ("speaker", "verdict", "publisher", "topic")
_WORDS: Final = " ".join(f"WHEN {code} THEN '{word}'" for word, code in VERDICT_CODES.items())


def _arms(row: str, source: str) -> str:
    """What rows of the index say for the tally, as rows of facet and value."""
    arms = []
    for column in DIMENSIONS:
        value = f"CAST({row}.{column} AS text)"
        if column == "verdict":
            value = f"CASE {row}.verdict {_WORDS} END"
        others = "".join(f" AND {row}.{other} = 0" for other in DIMENSIONS if other != column)
        arms.append(
            f"SELECT '{column}' AS facet, {value} AS value {source} {row}.{column} > 0{others}"
        )
    alone = f"{source} " + " AND ".join(f"{row}.{column} = 0" for column in DIMENSIONS)
    arms.append(f"SELECT 'language', {row}.language {alone} AND {row}.language <> ''")
    arms.append(f"SELECT 'year', CAST({row}.year AS text) {alone} AND {row}.year > 0")
    arms.append(f"SELECT 'all', '' {alone}")
    return " UNION ALL ".join(arms)


def _facts(which: str) -> str:
    return _arms("i", f"FROM {INDEX_TABLE} i WHERE i.claim_id {which} AND")


def rebuild_statements(vendor: str) -> Iterator[str]:
    """The statements that fill index and tally anew."""
    if vendor == "postgresql":  # which else takes tables that were just filled for empty ones
        tables = ("claim", "claim_topics", "statement", "review", "reviewversion", "rating")
        yield "ANALYZE " + ", ".join(f"claims_{table}" for table in tables)
    yield f"DELETE FROM {TALLY_TABLE}"
    yield f"DELETE FROM {INDEX_TABLE}"
    yield f"INSERT INTO {INDEX_TABLE} ({_COLUMNS}) {_definition(vendor, _ALL)}"
    yield (
        f"INSERT INTO {TALLY_TABLE} (facet, value, n) SELECT facet, value, count(*)"
        f" FROM ({_facts(_ALL)}) f GROUP BY facet, value"
    )


def _sqlite_tally() -> Iterator[RefreshTrigger]:
    """SQLite counts each row of the index as it comes and goes: there is one writer at a time."""
    said: tuple[tuple[Operation, str, int], ...] = (("INSERT", "NEW", 1), ("DELETE", "OLD", -1))
    for operation, row, step in said:
        facts = _arms(row, "WHERE")
        body = (
            f"INSERT INTO {TALLY_TABLE} (facet, value, n) SELECT f.facet, f.value, 0 FROM ({facts}) f"
            f" WHERE NOT EXISTS (SELECT 1 FROM {TALLY_TABLE} t"
            " WHERE t.facet = f.facet AND t.value = f.value);"
            f" UPDATE {TALLY_TABLE} SET n = n + {step} WHERE (facet, value) IN ({facts});"
        )
        single = " + ".join(f"({row}.{column} <> 0)" for column in DIMENSIONS)
        yield RefreshTrigger(INDEX_TABLE, operation, body, f"{single} <= 1")


def _postgresql_body(which: str, lock: str) -> str:
    """Two who change facts of one claim wait for each other; on the tally nobody waits.

    A count that another transaction holds is left to it: the difference is written as a row of its
    own, which the next writer adds up with the others. Only counts that differ are written.
    """
    keys = f"ARRAY(SELECT f.facet || ':' || f.value FROM ({_facts('= ANY(ids)')}) f)"
    concerned = (
        f"EXISTS (SELECT 1 FROM {INDEX_TABLE} WHERE claim_id = ANY(ids))"
        f" OR EXISTS (SELECT 1 FROM claims_claim c WHERE c.id = ANY(ids) AND {IS_PUBLIC_SQL})"
    )
    renewal = "; ".join(_renewal("postgresql", "= ANY(ids)"))
    return (
        "DECLARE ids bigint[]; before text[]; change record; BEGIN"
        f" {lock} ids := ARRAY({which});"
        " PERFORM 1 FROM claims_claim WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;"
        f" IF {concerned} THEN before := {keys};"
        f" {renewal};"
        " FOR change IN SELECT split_part(k.key, ':', 1) AS facet,"
        " substr(k.key, strpos(k.key, ':') + 1) AS value, sum(k.n) AS n FROM"
        " (SELECT unnest(before) AS key, -1 AS n UNION ALL"
        f" SELECT unnest({keys}), 1) k GROUP BY k.key HAVING sum(k.n) <> 0 LOOP"
        f" WITH gone AS (DELETE FROM {TALLY_TABLE} WHERE id IN (SELECT t.id FROM {TALLY_TABLE} t"
        " WHERE t.facet = change.facet AND t.value = change.value FOR UPDATE SKIP LOCKED)"
        f" RETURNING n) INSERT INTO {TALLY_TABLE} (facet, value, n)"
        " SELECT change.facet, change.value, change.n + coalesce(sum(n), 0) FROM gone;"
        " END LOOP; END IF; END;"
    )


def _keeper(  # noqa: PLR0913, PLR0917  the parts of a trigger
    vendor: str, table: str, on: Operation, which: str, when: str = "", lock: str = ""
) -> RefreshTrigger:
    """Write anew the rows of the claims; ``{row}`` in ``which`` stands for the row's values."""
    claims, locks = for_each_row(on, which, " UNION "), for_each_row(on, lock, " ")
    if vendor == "postgresql":
        return RefreshTrigger(table, on, _postgresql_body(claims, locks), when)
    concerned = (
        f"(EXISTS (SELECT 1 FROM {INDEX_TABLE} WHERE claim_id IN ({claims}))"
        f" OR EXISTS (SELECT 1 FROM claims_claim c WHERE c.id IN ({claims}) AND {IS_PUBLIC_SQL}))"
    )
    return RefreshTrigger(
        table,
        on,
        "; ".join(_renewal(vendor, f"IN ({claims})")) + ";",
        f"({when}) AND {concerned}" if when else concerned,
    )


def refresh_triggers(vendor: str) -> Iterator[RefreshTrigger]:
    """What writes rows anew: whatever changes a fact of a claim that is, or was, public.

    A row may come before the one that it refers to, since foreign keys are checked at the end of a
    transaction; so the coming of each is looked at.
    """
    if vendor == "sqlite":
        yield from _sqlite_tally()

    listed = "(OLD.listed_at IS NULL) IS DISTINCT FROM (NEW.listed_at IS NULL)"
    itself = "SELECT {row}.id"
    yield _keeper(vendor, "claims_claim", "INSERT", itself)
    yield _keeper(
        vendor,
        "claims_claim",
        "UPDATE",
        itself,
        f"{listed} OR {columns_changed('created_at', 'language')}",
    )
    yield _keeper(vendor, "claims_claim", "DELETE", itself)

    linked, spoken = "SELECT {row}.claim_id", "{row}.speaker_id IS NOT NULL"
    said = "claims_statement"
    yield _keeper(vendor, said, "INSERT", linked, spoken.format(row="NEW"))
    yield _keeper(vendor, said, "UPDATE", linked, columns_changed("claim_id", "speaker_id"))
    yield _keeper(vendor, said, "DELETE", linked, spoken.format(row="OLD"))

    for table, columns in (
        ("claims_claim_topics", ("claim_id", "topic_id")),
        ("claims_review", ("claim_id", "publisher_id")),
    ):
        yield _keeper(vendor, table, "INSERT", linked)
        yield _keeper(vendor, table, "UPDATE", linked, columns_changed(*columns))
        yield _keeper(vendor, table, "DELETE", linked)

    # The review is not moved and the rating not mapped while we look at them.
    through = "SELECT w.claim_id FROM claims_review w WHERE w.id = {row}.review_id"
    lock = (
        "PERFORM 1 FROM claims_review WHERE id = {row}.review_id FOR NO KEY UPDATE;"
        " PERFORM 1 FROM claims_rating WHERE id = {row}.rating_id FOR SHARE;"
    )
    version = "claims_reviewversion"
    old, new = f"OLD.state IN {PUBLIC_STATES_SQL}", f"NEW.state IN {PUBLIC_STATES_SQL}"
    different = columns_changed("state", "rating_id", "review_id", "published_at")
    yield _keeper(vendor, version, "INSERT", through, new, lock)
    yield _keeper(vendor, version, "UPDATE", through, f"({old} OR {new}) AND {different}", lock)
    yield _keeper(vendor, version, "DELETE", through, old, lock)

    rated = (
        "SELECT w.claim_id FROM claims_review w JOIN claims_reviewversion v ON v.review_id = w.id"
        f" WHERE v.state = {_PUBLISHED} AND v.rating_id = {{row}}.id"
    )
    yield _keeper(vendor, "claims_rating", "INSERT", rated)
    yield _keeper(vendor, "claims_rating", "UPDATE", rated, columns_changed("verdict"))
    yield _keeper(vendor, "claims_rating", "DELETE", rated)
