"""Field masks: the parts of a response that a client requests, such as ``claims(text)``. Pure."""

import re
from typing import Any, Final

# By name. An empty mask selects the whole value.
Mask = dict[str, Any]

_TOKENS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*|\*|[(),/]")
_MAX_LENGTH: Final = 2000  # characters
_MAX_DEPTH: Final = 10


def parse_mask(text: str) -> Mask:
    """Parse a mask: names with commas; ``a/b`` and ``a(b,c)`` select members; ``*`` selects all.

    Raises ``ValueError`` if the mask is invalid.
    """
    # findall() skips invalid characters. The comparison with the text detects them.
    tokens = _TOKENS.findall(text)
    if len(text) > _MAX_LENGTH or "".join(tokens) != re.sub(r"\s+", "", text):
        raise ValueError("This is not a field mask.")
    mask, rest = _parse_list(tokens, 0)
    if rest:
        raise ValueError(f"Unexpected {rest[0]!r} in the field mask.")
    return mask


def _parse_list(tokens: list[str], depth: int) -> tuple[Mask, list[str]]:
    """Parse names with commas; return their mask and the remaining tokens."""
    mask: Mask = {}
    if depth > _MAX_DEPTH:
        raise ValueError("The field mask is nested too deep.")
    while True:
        tokens = _parse_path(tokens, mask, depth)
        if not tokens or tokens[0] != ",":
            return mask, tokens
        tokens = tokens[1:]


def _parse_path(tokens: list[str], mask: Mask, depth: int) -> list[str]:
    """Add one name with its members to the mask; return the remaining tokens."""
    if not tokens or tokens[0] in "(),/":
        raise ValueError("A name is missing in the field mask.")
    name, tokens = tokens[0], tokens[1:]
    members = mask.setdefault(name, {})
    if tokens[:1] == ["/"]:
        # The function calls itself for each step: the limit prevents a RecursionError.
        if depth > _MAX_DEPTH:
            raise ValueError("The field mask is nested too deep.")
        return _parse_path(tokens[1:], members, depth + 1)
    if tokens[:1] == ["("]:
        inner, rest = _parse_list(tokens[1:], depth + 1)
        if rest[:1] != [")"]:
            raise ValueError("A parenthesis is not closed in the field mask.")
        members.update(inner)
        return rest[1:]
    return tokens


def apply_mask(value: Any, mask: Mask) -> Any:
    """Return the selected parts of a value; of a list, those of each item."""
    if not mask or "*" in mask:
        return value
    if isinstance(value, list):
        return [apply_mask(one, mask) for one in value]
    if isinstance(value, dict):
        return {name: apply_mask(value[name], mask[name]) for name in value if name in mask}
    return value
