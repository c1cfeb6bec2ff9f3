"""What the desk's tests share."""

from tests.claims.admin.browser import page

__all__ = ["page"]
