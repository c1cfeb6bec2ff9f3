"""Field masks: which parts of an answer are asked for, such as ``claims(text)``. Pure."""

import re
from typing import Any, Final

Mask = dict[str, Any]

_TOKENS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*|\*|[(),/]")
_LONGEST: Final = 2000
_DEEPEST: Final = 10


def parse(text: str) -> Mask:
    """Read a mask: names with commas, ``a/b`` and ``a(b,c)`` lead inwards, ``*`` is everything.

    An empty mask of a name is all of it. ``ValueError`` says what is wrong.
    """
    tokens = _TOKENS.findall(text)
    if len(text) > _LONGEST or "".join(tokens) != re.sub(r"\s+", "", text):
        raise ValueError("This is no field mask.")
    mask, rest = _list(tokens, 0)
    if rest:
        raise ValueError(f"Unexpected {rest[0]!r} in the field mask.")
    return mask


def _list(tokens: list[str], depth: int) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    if depth > _DEEPEST:
        raise ValueError("The field mask is nested too deep.")
    while True:
        tokens = _path(tokens, mask, depth)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _path(tokens: list[str], mask: Mask, depth: int) -> list[str]:
    if not tokens or tokens[0] in "(),/":
        raise ValueError("A name is missing in the field mask.")
    name, tokens = tokens[0], tokens[1:]
    inner = mask.setdefault(name, {})
    if tokens[:1] == ["/"]:
        if depth > _DEEPEST:
            raise ValueError("The field mask is nested too deep.")
        return _path(tokens[1:], inner, depth + 1)
    if tokens[:1] == ["("]:
        found, rest = _list(tokens[1:], depth + 1)
        if rest[:1] != [")"]:
            raise ValueError("A parenthesis is not closed in the field mask.")
        inner.update(found)
        return rest[1:]
    return tokens


def narrowed(value: Any, mask: Mask) -> Any:
    """The value with only what the mask names; of a list each member."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [narrowed(one, mask) for one in value]
    if isinstance(value, dict):
        return {name: narrowed(value[name], mask[name]) for name in value if name in mask}
    return value
