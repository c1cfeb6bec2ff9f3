"""SQL expressions for the text of values in JSON, in the dialects of SQLite and PostgreSQL.

The ledger and the API's projection build JSON by concatenation. Both use these expressions, so that
the dialect differences have one home. ``column`` is any SQL expression; a null value gives null.
"""


def json_string(column: str, vendor: str) -> str:
    """The column's text as a JSON string, quoted and escaped."""
    return f"json_quote({column})" if vendor == "sqlite" else f"CAST(to_json({column}) AS TEXT)"


def uuid_text(column: str, vendor: str) -> str:
    """The UUID with its dashes; SQLite stores it as 32 digits without them."""
    if vendor == "postgresql":
        return f"CAST({column} AS TEXT)"
    parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "(" + " || '-' || ".join(f"substr({column}, {start}, {n})" for start, n in parts) + ")"


def timestamp_to_milliseconds(column: str, vendor: str) -> str:
    """The UTC timestamp as Django's JSON has it: three decimals unless all are zero, and Z."""
    if vendor == "postgresql":
        text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    else:
        # strftime rounds to milliseconds where Django cuts: cut the microseconds before.
        cut = f"CASE length({column}) WHEN 26 THEN substr({column}, 1, 23) ELSE {column} END"
        text = f"strftime('%Y-%m-%dT%H:%M:%fZ', {cut})"
    return f"replace({text}, '.000Z', 'Z')"


def timestamp_to_microseconds(column: str, vendor: str) -> str:
    """The UTC timestamp as the API has it: six decimals unless all are zero, and Z."""
    if vendor == "sqlite":
        return f"replace({column}, ' ', 'T') || 'Z'"
    text = f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
    # to_char writes six decimals; Python omits zero microseconds.
    return f"replace({text}, '.000000', '') || 'Z'"
