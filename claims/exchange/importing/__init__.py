"""Importer of reviews: resolves names, compares versions and writes batches."""
