"""The append-only record of every editorial change, its tree, and its verification."""
