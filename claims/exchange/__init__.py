"""Formats for exchange with other systems: one module or package for each format."""
