"""Shared framework of all apps. It imports no other app of the project."""
