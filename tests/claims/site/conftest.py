"""What the public pages's tests share."""

from tests.claims.admin.browser import page

__all__ = ["page"]
