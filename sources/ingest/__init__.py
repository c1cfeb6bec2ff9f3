"""Parsers of files: bytes to text, and HTML to text and metadata. They use no database."""
