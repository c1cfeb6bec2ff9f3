"""SQL of the read models of claims: the public index, its tally and the search text."""
