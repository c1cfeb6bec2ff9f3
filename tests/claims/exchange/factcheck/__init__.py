"""The Fact Check Tools API."""
