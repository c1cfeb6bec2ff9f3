"""Fixtures of the tests of public pages."""

from tests.claims.admin.browser import page

__all__ = ["page"]
