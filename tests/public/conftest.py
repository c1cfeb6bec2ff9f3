"""What the public pages's tests share."""

from tests.desk.browsing import page

__all__ = ["page"]
