"""The account under which what was imported stands."""

from typing import Final

from claimsapi.core.errors import Invalid
from claimsapi.core.models import User

HANDLE: Final = "import"


def import_author(handle: str = "", *, make: bool = True) -> User:
    """The account with this handle; without one ``import``, with which nobody can sign in.

    That one is made if need be, unless ``make`` says that it would not be used. Raises ``Invalid``
    if there is no account with the handle.
    """
    if handle:
        named: User | None = User.objects.filter(handle=handle.removeprefix("@")).first()
        if named is None:
            raise Invalid(f"There is no account with the handle {handle!r}.")
        return named
    user: User
    if not make:
        return User.objects.filter(handle=HANDLE).first() or User(handle=HANDLE)
    user, made = User.objects.get_or_create(
        handle=HANDLE, defaults={"username": HANDLE, "is_active": False}
    )
    if made:
        user.set_unusable_password()
        user.save()
    return user
