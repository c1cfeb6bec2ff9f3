"""The SQL that keeps what is searched: two bodies of text for each claim, one of them the public's.

The public's holds what everyone sees, of claims that everyone may know of; the desk's everything.
They are apart, so that nothing of a draft is found, nor weighs in the rank of what is.
"""

from collections.abc import Iterator
from typing import Final

from claims.read_models.public_index import IS_PUBLIC_SQL, PUBLIC_STATES_SQL
from claims.read_models.stemming import LANGUAGES
from claimsapi.core.database.guards import columns_changed
from claimsapi.core.database.read_models import Operation, RefreshTrigger, for_each_row

PUBLIC_TABLE: Final = "claims_search_public"
DESK_TABLE: Final = "claims_search_desk"
TABLES: Final = (PUBLIC_TABLE, DESK_TABLE)

_LONGEST: Final = 10_000  # characters of the title, and of the rest, that are searched


def configuration_name(language: str) -> str:
    """The name of PostgreSQL's configuration for a language: stems, and no word left out."""
    return f"claims_{language}"


def create_statements(vendor: str) -> Iterator[str]:
    """The statements that make the tables, and on PostgreSQL the configurations."""
    if vendor == "sqlite":
        for table in TABLES:
            yield (
                f"CREATE VIRTUAL TABLE {table} USING fts5(title, rest, title_stems, rest_stems,"
                " tokenize = 'unicode61 remove_diacritics 0')"
            )
        return
    for language, algorithm in LANGUAGES.items():
        name = configuration_name(language)
        yield (
            f"CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = snowball, Language = {algorithm})"
        )
        yield f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = simple)"
        yield (
            f"ALTER TEXT SEARCH CONFIGURATION {name} ALTER MAPPING FOR asciiword, asciihword,"
            f" hword_asciipart, word, hword, hword_part WITH {name}"
        )
    for table in TABLES:
        yield (
            f"CREATE TABLE {table} (claim_id bigint PRIMARY KEY, words tsvector NOT NULL,"
            " stems tsvector NOT NULL)"
        )
        for column in ("words", "stems"):
            yield f"CREATE INDEX {table}_{column} ON {table} USING gin ({column})"


def drop_statements(vendor: str) -> Iterator[str]:
    """The statements that undo ``creation``."""
    for table in TABLES:
        yield f"DROP TABLE {table}"
    for language in LANGUAGES if vendor == "postgresql" else ():
        yield f"DROP TEXT SEARCH CONFIGURATION {configuration_name(language)}"
        yield f"DROP TEXT SEARCH DICTIONARY {configuration_name(language)}"


def _texts(vendor: str, table: str, which: str) -> str:
    """A query of number, language, title and rest of the claims that a table holds."""
    joined = "group_concat" if vendor == "sqlite" else "string_agg"
    shown = f" AND v.state IN {PUBLIC_STATES_SQL}" if table == PUBLIC_TABLE else ""
    newer = shown.replace("v.", "n.")
    # Of each review the newest version that the readers of this body see.
    versions = (
        "FROM claims_review w JOIN claims_reviewversion v ON v.review_id = w.id"
        f" WHERE w.claim_id = c.id{shown} AND NOT EXISTS (SELECT 1 FROM claims_reviewversion n"
        f" WHERE n.review_id = w.id AND n.number > v.number{newer})"
    )
    said = "FROM claims_statement s LEFT JOIN sources_speaker p ON p.id = s.speaker_id"
    title = f"c.text || coalesce((SELECT ' ' || {joined}(v.headline, ' ') {versions}), '')"
    rest = (
        f"coalesce((SELECT {joined}(substr(s.exact, 1, {_LONGEST}) || ' '"
        f" || coalesce(p.name, ''), ' ') {said} WHERE s.claim_id = c.id), '')"
        f" || coalesce((SELECT ' ' || {joined}(substr(v.summary, 1, {_LONGEST}), ' ')"
        f" {versions}), '')"
    )
    condition = f" AND {IS_PUBLIC_SQL}" if table == PUBLIC_TABLE else ""
    return (
        f"SELECT c.id, c.language, substr({title}, 1, {_LONGEST}) AS title,"
        f" substr({rest}, 1, {_LONGEST}) AS rest FROM claims_claim c WHERE c.id {which}{condition}"
    )


def _filling(vendor: str, table: str, which: str) -> str:
    texts = _texts(vendor, table, which)
    if vendor == "sqlite":
        return (
            f"INSERT INTO {table} (rowid, title, rest, title_stems, rest_stems)"
            " SELECT t.id, t.title, t.rest, search_stems(t.title, t.language),"
            f" search_stems(t.rest, t.language) FROM ({texts}) t"
        )
    known = " ".join(f"WHEN '{tag}' THEN '{configuration_name(tag)}'" for tag in LANGUAGES)
    own = f"CAST(CASE lower(split_part(t.language, '-', 1)) {known} ELSE 'simple' END AS regconfig)"
    vectors = ", ".join(
        f"setweight(to_tsvector({name}, t.title), 'A')"
        f" || setweight(to_tsvector({name}, t.rest), 'B')"
        for name in ("'simple'", own)
    )
    return f"INSERT INTO {table} (claim_id, words, stems) SELECT t.id, {vectors} FROM ({texts}) t"


def claim_id_column(vendor: str) -> str:
    """The column that has a claim's number."""
    return "rowid" if vendor == "sqlite" else "claim_id"


def rebuild_statements(vendor: str) -> Iterator[str]:
    """The statements that fill both tables anew."""
    for table in TABLES:
        yield f"DELETE FROM {table}"
        yield _filling(vendor, table, "IS NOT NULL")
        if vendor == "postgresql":  # which else takes every word for a common one
            yield f"ANALYZE {table}"


def _keeper(  # noqa: PLR0913, PLR0917  the parts of a trigger
    vendor: str,
    tables: tuple[str, ...],
    table: str,
    on: Operation,
    which: str,
    when: str = "",
    lock: str = "",
) -> RefreshTrigger:
    """Write anew the claims' texts; ``{row}`` in ``which`` stands for the row's values."""
    claims = for_each_row(on, which, " UNION ")
    chosen = f"IN ({claims})" if vendor == "sqlite" else "= ANY(ids)"
    number = claim_id_column(vendor)
    body = " ".join(
        f"DELETE FROM {kept} WHERE {number} {chosen}; {_filling(vendor, kept, chosen)};"
        for kept in tables
    )
    if vendor == "postgresql":
        # Two who change the texts of one claim wait for each other.
        body = (
            f"DECLARE ids bigint[]; BEGIN {for_each_row(on, lock, ' ')} ids := ARRAY({claims});"
            " PERFORM 1 FROM claims_claim WHERE id = ANY(ids) ORDER BY id FOR NO KEY UPDATE;"
            f" {body} END;"
        )
    return RefreshTrigger(table, on, body, when)


def refresh_triggers(vendor: str) -> Iterator[RefreshTrigger]:
    """What writes texts anew: whatever changes a word of them, or who may read it."""
    operations: tuple[Operation, ...] = ("INSERT", "UPDATE", "DELETE")

    def each(
        table: str, which: str, columns: tuple[str, ...], tables: tuple[str, ...] = TABLES
    ) -> Iterator[RefreshTrigger]:
        for on in operations:
            when = columns_changed(*columns) if on == "UPDATE" else ""
            yield _keeper(vendor, tables, table, on, which, when)

    yield from each("claims_claim", "SELECT {row}.id", ("text", "language"))
    listed = "(OLD.listed_at IS NULL) IS DISTINCT FROM (NEW.listed_at IS NULL)"
    yield _keeper(vendor, (PUBLIC_TABLE,), "claims_claim", "UPDATE", "SELECT {row}.id", listed)
    # The speaker is not renamed while the name is read.
    lock = "PERFORM 1 FROM sources_speaker WHERE id = {row}.speaker_id FOR SHARE;"
    for on in operations:
        when = columns_changed("exact", "speaker_id", "claim_id") if on == "UPDATE" else ""
        linked = "SELECT {row}.claim_id"
        yield _keeper(vendor, TABLES, "claims_statement", on, linked, when, lock)
    spoken = "SELECT x.claim_id FROM claims_statement x WHERE x.speaker_id = {row}.id"
    yield _keeper(vendor, TABLES, "sources_speaker", "UPDATE", spoken, columns_changed("name"))
    yield from each("claims_review", "SELECT {row}.claim_id", ("claim_id",))

    version, found = "claims_reviewversion", "SELECT w.claim_id FROM claims_review w"
    found += " WHERE w.id = {row}.review_id"
    lock = "PERFORM 1 FROM claims_review WHERE id = {row}.review_id FOR NO KEY UPDATE;"
    worded = columns_changed("headline", "summary", "number", "review_id")
    shown = {row: f"{row}.state IN {PUBLIC_STATES_SQL}" for row in ("OLD", "NEW")}
    for on, desk, public in (
        ("INSERT", "", shown["NEW"]),
        ("UPDATE", worded, f"({shown['OLD']} OR {shown['NEW']}) AND {columns_changed('state')}"),
        ("DELETE", "", shown["OLD"]),
    ):
        operation: Operation = on
        yield _keeper(vendor, (DESK_TABLE,), version, operation, found, desk, lock)
        yield _keeper(vendor, (PUBLIC_TABLE,), version, operation, found, public, lock)
