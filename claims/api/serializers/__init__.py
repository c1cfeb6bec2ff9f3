"""How claims, statements, ratings and reviews read and are written."""
