"""Reading files: bytes to text, HTML to its text and what it states. Knows no database."""
