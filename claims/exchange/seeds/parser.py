"""Reading a seed document strictly, so that a mistake is named by file, line and field.

Knows no database: it turns YAML into entries that remember where they stand.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import yaml

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import find_unprintable

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MISSING: Final = object()


class SeedError(Exception):
    """A mistake in a seed document: where it is, and what to do."""

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        place = f"{file}:{line}" + (f": {field}" if field else "")
        super().__init__(f"{place}: {problem}")


class Entry:
    """A mapping of a seed document.

    Values are taken out by name and kind; :meth:`close` complains about what nobody asked for.
    """

    def __init__(self, file: str, node: yaml.Node, field: str = "") -> None:
        self.file = file
        self.line = node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            raise SeedError(file, self.line, field, "write a mapping, 'name: value'.")
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise SeedError(file, line, field, "write the name of a field, no list or mapping.")
            if key.value in self._nodes:
                raise SeedError(file, line, key.value, "stands twice.")
            self._nodes[key.value], self._lines[key.value] = value, line

    @classmethod
    def parse(cls, text: str, file: str) -> Self:
        """Read a document; ``SeedError`` if it is not plain YAML: one document, no aliases."""
        for number, words in enumerate(text.split("\n"), 1):
            if problem := find_unprintable(words):
                raise SeedError(file, number, "", problem)
        try:
            for token in yaml.scan(text, yaml.SafeLoader):
                if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
                    line = token.start_mark.line + 1
                    raise SeedError(file, line, "", "write it out: no anchors, aliases or tags.")
            node = yaml.compose(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark, begun = error.problem_mark, error.context_mark
            place = f"{error.context} from line {begun.line + 1}: " if begun else ""
            raise SeedError(
                file, mark.line + 1 if mark else 1, "", f"not YAML: {place}{error.problem}."
            ) from None
        except yaml.reader.ReaderError as error:
            number = text.count("\n", 0, error.position) + 1
            raise SeedError(file, number, "", f"not YAML: {error.reason}.") from None
        except RecursionError:
            raise SeedError(file, 1, "", "nested too deep.") from None
        if node is None:
            raise SeedError(file, 1, "", "the file is empty.")
        return cls(file, node)

    def error(self, field: str, problem: str) -> SeedError:
        """Build the error of a field of this entry."""
        return SeedError(self.file, self._lines.get(field, self.line), field, problem)

    def text(self, field: str, default: Any = _MISSING) -> str:
        """A scalar as it is written."""
        node = self._node(field, default)
        if node is None:
            return str(default)
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(field, "write a text.")
        return self._printable(field, node.value)

    def slug(self, field: str) -> str:
        """A word of lower-case letters, digits and single hyphens."""
        value = self.text(field)
        if not _SLUG.fullmatch(value):
            raise self.error(field, f"{value!r} is not a slug: use a-z, 0-9 and hyphens.")
        return value

    def choice(self, field: str, words: Sequence[str], default: Any = _MISSING) -> str:
        """One of several words."""
        value = self.text(field, default)
        if value not in words:
            raise self.error(field, f"{value!r} is not one of {', '.join(words)}.")
        return value

    def number(self, field: str, default: Any = _MISSING) -> int | None:
        """A whole number, not negative."""
        node = self._node(field, default)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"\d{1,9}", node.value):
            raise self.error(field, "write a whole number.")
        return int(node.value)

    def flag(self, field: str) -> bool:
        """``true`` or ``false``; false if absent."""
        value = self.text(field, "false")
        if value not in {"true", "false"}:
            raise self.error(field, "write true or false.")
        return value == "true"

    def date(self, field: str) -> PartialDate:
        """A date as far as it is known; unknown if absent."""
        if field not in self:
            return PartialDate.UNKNOWN
        try:
            return PartialDate.parse(self.text(field))
        except ValueError as error:
            raise self.error(field, str(error)) from None

    def moment(self, field: str) -> datetime:
        """A moment of ISO 8601 with its offset."""
        try:
            moment = datetime.fromisoformat(self.text(field))
        except ValueError:
            moment = None
        # The public ids made of it count from 1970.
        if moment is None or moment.tzinfo is None or moment.year <= 1970:
            raise self.error(field, "write a moment such as 2026-11-01T00:00:00Z.")
        return moment.astimezone(UTC)

    def texts(self, field: str) -> list[str]:
        """A list of scalars; empty if absent."""
        items = self._items(field)
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise self.error(field, "write a list of words.")
        return [self._printable(field, item.value) for item in items]

    def entry(self, field: str) -> "Entry | None":
        """A nested mapping; none if absent."""
        node = self._node(field, None)
        return None if node is None else Entry(self.file, node, field)

    def entries(self, field: str) -> Iterator["Entry"]:
        """The mappings of a list, each closed once the caller is done with it."""
        for item in self._items(field):
            entry = Entry(self.file, item, field)
            yield entry
            entry.close()

    def close(self) -> None:
        """Raise ``SeedError`` for the first field that nobody asked for."""
        for field in self._nodes:
            if field not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.error(field, f"no such field. Known here: {known}.")

    def __contains__(self, field: str) -> bool:
        self._asked.add(field)
        return field in self._nodes

    def _printable(self, field: str, value: str) -> str:
        """The text; an escape of YAML can write what the file itself may not hold."""
        if problem := find_unprintable(value):
            raise self.error(field, problem)
        return value

    def _node(self, field: str, default: Any) -> yaml.Node | None:
        self._asked.add(field)
        if field in self._nodes:
            return self._nodes[field]
        if default is _MISSING:
            raise self.error(field, "is missing.")
        return None

    def _items(self, field: str) -> list[yaml.Node]:
        node = self._node(field, None)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(field, "write a list.")
        return list(node.value)
