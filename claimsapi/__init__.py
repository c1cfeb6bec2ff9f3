"""A fact-checking desk's system of record."""
