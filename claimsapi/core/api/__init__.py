"""Framework of the JSON API."""
