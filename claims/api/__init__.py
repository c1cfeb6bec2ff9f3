"""The JSON API of claims and reviews."""
