"""Search of claims: the query language, the full text, the public index and the filters."""
