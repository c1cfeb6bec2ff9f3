"""Writes that change several records, one module per noun."""
