"""Fixtures of the desk's tests."""

from tests.claims.admin.browser import page

__all__ = ["page"]
