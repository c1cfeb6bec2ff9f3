"""Full text: what is searched, how a search is written, and what it finds."""
