"""The errors that a person can cause: one tree, shown by the API and the desk in their ways."""

from collections.abc import Iterator, Sequence
from typing import ClassVar


class DomainError(Exception):
    """A refusal. ``str()`` says what is wrong and what to do.

    ``slug`` names the kind of problem in the API and never changes; ``status`` is its HTTP status;
    ``missing`` lists, sentence by sentence, what must be mended first; ``field`` is the one of what
    was sent that is at fault, if it is one.
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
        """Every kind of problem; a class without a slug of its own is of its parent's kind."""
        pending = cls.__subclasses__()
        while pending:
            error = pending.pop(0)
            if "slug" in vars(error):
                yield error
            pending += error.__subclasses__()


class Conflict(DomainError):
    """The record is not in a state that allows this, or someone else was faster."""

    slug, status, title = "conflict", 409, "Not possible in the record's present state"


class NotReady(Conflict):
    """The move is allowed, but something that it needs is missing."""

    slug, title = "not-ready", "Something is missing"


class NotAllowed(DomainError):
    """This person may not do this."""

    slug, status, title = "permission-denied", 403, "Not allowed"


class Stale(DomainError):
    """The record was changed since the caller read it."""

    slug, status, title = "stale", 412, "The record has changed since you read it"


class PreconditionRequired(DomainError):
    """The caller did not say on which one state of the record the change is based."""

    slug, status, title = "precondition-required", 428, "If-Match names no one state of the record"


class Invalid(DomainError):
    """What was sent does not fit."""

    slug, status, title = "invalid", 400, "What was sent does not fit"


class UnknownParameter(Invalid):
    """The query string has a parameter that this address does not know."""

    slug, title = "unknown-parameter", "Unknown query parameter"


class MalformedParameter(Invalid):
    """A query parameter is blank, repeated, or of the wrong form."""

    slug, title = "malformed-parameter", "A query parameter is malformed"


class TooLarge(DomainError):
    """The request's body is larger than the server reads."""

    slug, status, title = "too-large", 413, "The request is too large"
