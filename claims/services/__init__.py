"""Writes with consequences, by noun."""
