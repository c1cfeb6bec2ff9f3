"""The pages that everyone may read."""
