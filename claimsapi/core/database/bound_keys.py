"""One bound parameter for any number of keys, and the subquery that reads it.

Binding each key by itself costs more than a short query. It also gives another statement for each
number of keys, and the database could keep none of them prepared.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

# `%s` is the parameter. A SELECT, since Django's `__in` lookup takes a subquery.
_SUBQUERIES: Final = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT unnest(CAST(%s AS {column_type}[]))",
}


def keys_subquery(connection: Any, column_type: str) -> str:
    """Return SQL that selects the keys of one bound parameter, as values of a column type."""
    return _SUBQUERIES[connection.vendor].format(column_type=column_type)


def bind_keys(connection: Any, keys: Sequence[Any]) -> str:
    """Return the parameter's value: JSON for SQLite, an array literal for PostgreSQL.

    Keys are integers, or UUIDs as ``get_db_prep_value`` returns them: neither needs quoting in an
    array literal.
    """
    if connection.vendor == "sqlite":
        return json.dumps(keys)
    # A text has no type of its own. A list of integers would be sent as smallint[], integer[] or
    # bigint[] by its largest key, and each of these is another prepared statement.
    return f"{{{','.join(map(str, keys))}}}"
