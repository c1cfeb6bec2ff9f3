"""The account under which what was imported stands."""

from typing import Final

from claimsapi.core.errors import Invalid
from claimsapi.core.models import User

HANDLE: Final = "import"


def import_author(handle: str = "") -> User:
    """The account with this handle; without one ``import``, which is made, and nobody can sign in.

    Raises ``Invalid`` if there is no such account.
    """
    if handle:
        named: User | None = User.objects.filter(handle=handle.removeprefix("@")).first()
        if named is None:
            raise Invalid(f"There is no account with the handle {handle!r}.")
        return named
    user: User
    user, made = User.objects.get_or_create(
        handle=HANDLE, defaults={"username": HANDLE, "is_active": False}
    )
    if made:
        user.set_unusable_password()
        user.save()
    return user
