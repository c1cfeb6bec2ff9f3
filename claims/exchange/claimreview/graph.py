"""The things of a page that is one ``@graph``, where one names another by its ``@id``. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from claims.exchange.claimreview.vocabulary import is_claim_review

_DEEPEST: Final = 24
_MOST_NAMED: Final = 256 * 1024  # characters that a review gets of what it names


class Graph:
    """The things of a page, which name one another by ``@id``."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things
        self._named = {
            thing["@id"]: thing
            for thing in things
            if isinstance(thing, dict) and isinstance(thing.get("@id"), str)
        }
        self._left = 0

    def things(self) -> Iterator[Any]:
        """The things one by one, reviews with what they name put in its place."""
        for thing in self._things:
            self._left = _MOST_NAMED
            # What names one another in a ring ends somewhere.
            yield self._whole(thing, _DEEPEST) if is_claim_review(thing) else thing

    def _whole(self, value: Any, depth: int) -> Any:
        self._left -= len(value) if isinstance(value, str) else 10
        match value:
            case _ if depth == 0:
                pass
            case {"@id": str(name)} if len(value) == 1 and name in self._named and self._left > 0:
                return self._whole(self._named[name], depth - 1)
            case dict():
                return {key: self._whole(inner, depth - 1) for key, inner in value.items()}
            case list():
                return [self._whole(inner, depth - 1) for inner in value]
        return value
