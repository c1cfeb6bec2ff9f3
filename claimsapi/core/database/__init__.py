"""Database rules: constraints, guards, triggers, views, and the dialects of both databases."""
