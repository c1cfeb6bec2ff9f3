"""Domain errors: one class tree, which the API and the desk render."""

from collections.abc import Iterator, Sequence
from typing import ClassVar


class DomainError(Exception):
    """Base class of domain errors. ``str()`` names the problem and its remedy.

    ``slug`` is the problem type in the API and never changes. ``status`` is the HTTP status.
    ``missing`` lists the unmet requirements, one sentence each. ``field`` is the name of the
    invalid field, or empty.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, *, missing: Sequence[str] = (), field: str = "") -> None:
        super().__init__(detail)
        self.missing = tuple(missing)
        self.field = field

    @classmethod
    def kinds(cls) -> "Iterator[type[DomainError]]":
        """Yield one class for each problem type; subclasses without a slug share their parent's."""
        pending = cls.__subclasses__()
        while pending:
            error = pending.pop(0)
            if "slug" in vars(error):
                yield error
            pending += error.__subclasses__()


class Conflict(DomainError):
    """The state of the record does not allow this, or another user changed the record first."""

    slug, status, title = "conflict", 409, "Not possible in the current state of the record"


class NotReady(Conflict):
    """The transition is allowed, but the record does not meet its requirements."""

    slug, title = "not-ready", "The record does not meet the requirements"


class NotAllowed(DomainError):
    """The user lacks the permission."""

    slug, status, title = "permission-denied", 403, "Not allowed"


class Stale(DomainError):
    """The record has changed since the client read it."""

    slug, status, title = "stale", 412, "The record has changed since you read it"


class PreconditionRequired(DomainError):
    """If-Match is missing, or it matches more than one state of the record."""

    slug, status, title = "precondition-required", 428, "If-Match is missing or ambiguous"


class Invalid(DomainError):
    """The request is invalid."""

    slug, status, title = "invalid", 400, "The request is invalid"


class UnknownParameter(Invalid):
    """This URL does not support the query parameter."""

    slug, title = "unknown-parameter", "Unknown query parameter"


class MalformedParameter(Invalid):
    """A query parameter is blank, repeated, or malformed."""

    slug, title = "malformed-parameter", "A query parameter is malformed"


class TooLarge(DomainError):
    """The request body is larger than the limit."""

    slug, status, title = "too-large", 413, "The request body is too large"
