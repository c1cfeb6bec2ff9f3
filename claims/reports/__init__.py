"""Reports about claims: facets of lists, the desk's statistics and their charts."""
