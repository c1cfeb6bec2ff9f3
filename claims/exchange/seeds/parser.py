"""Strict parser of seed documents: every error names file, line and field.

Turns YAML into entries that remember their lines. Knows no database.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Self

import yaml

from claimsapi.core.partial_date import PartialDate
from claimsapi.core.text import find_unprintable

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_REQUIRED: Final = object()  # no default


class SeedError(Exception):
    """An error in a seed document: its position, and what to do."""

    def __init__(self, file: str, line: int, field: str, problem: str) -> None:
        position = f"{file}:{line}" + (f": {field}" if field else "")
        super().__init__(f"{position}: {problem}")


class Entry:
    """A mapping of a seed document.

    Methods read a field by name and type. They raise ``SeedError`` for a missing field without a
    default. :meth:`close` rejects fields that no method has read.
    """

    def __init__(self, file: str, node: yaml.Node, field: str = "") -> None:
        self.file = file
        self.line = node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._read_fields: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            raise SeedError(file, self.line, field, "write a mapping, 'name: value'.")
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise SeedError(file, line, field, "write a field name, not a list or mapping.")
            if key.value in self._nodes:
                raise SeedError(file, line, key.value, "is repeated.")
            self._nodes[key.value], self._lines[key.value] = value, line

    @classmethod
    def parse(cls, text: str, file: str) -> Self:
        """Parse a document. It is plain YAML: one document without anchors, aliases and tags."""
        for number, content in enumerate(text.split("\n"), 1):
            if problem := find_unprintable(content):
                raise SeedError(file, number, "", problem)
        try:
            # Scan before composing: nested aliases would expand to a huge tree.
            for token in yaml.scan(text, yaml.SafeLoader):
                if isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken):
                    line = token.start_mark.line + 1
                    raise SeedError(
                        file, line, "", "write the value itself: no anchors, aliases or tags."
                    )
            # Nodes instead of values: they know their lines.
            node = yaml.compose(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark, start = error.problem_mark, error.context_mark
            context = f"{error.context} from line {start.line + 1}: " if start else ""
            raise SeedError(
                file, mark.line + 1 if mark else 1, "", f"not YAML: {context}{error.problem}."
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
        """Return the error of a field of this entry."""
        return SeedError(self.file, self._lines.get(field, self.line), field, problem)

    def text(self, field: str, default: Any = _REQUIRED) -> str:
        """Return a scalar as text, unchanged."""
        node = self._get_node(field, default)
        if node is None:
            return str(default)
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            raise self.error(field, "write a text.")
        return self._check_printable(field, node.value)

    def slug(self, field: str) -> str:
        """Return a word of lower-case letters, digits and single hyphens."""
        value = self.text(field)
        if not _SLUG.fullmatch(value):
            raise self.error(field, f"{value!r} is not a slug: use a-z, 0-9 and hyphens.")
        return value

    def choice(self, field: str, options: Sequence[str], default: Any = _REQUIRED) -> str:
        """Return one of several words."""
        value = self.text(field, default)
        if value not in options:
            raise self.error(field, f"{value!r} is not one of {', '.join(options)}.")
        return value

    def number(self, field: str, default: Any = _REQUIRED) -> int | None:
        """Return a whole number, not negative."""
        node = self._get_node(field, default)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(r"\d{1,9}", node.value):
            raise self.error(field, "write a whole number.")
        return int(node.value)

    def flag(self, field: str) -> bool:
        """Return a boolean; false if the field is absent."""
        value = self.text(field, "false")
        if value not in {"true", "false"}:
            raise self.error(field, "write true or false.")
        return value == "true"

    def date(self, field: str) -> PartialDate:
        """Return a partial date; the unknown date if the field is absent."""
        if field not in self:
            return PartialDate.UNKNOWN
        try:
            return PartialDate.parse(self.text(field))
        except ValueError as error:
            raise self.error(field, str(error)) from None

    def timestamp(self, field: str) -> datetime:
        """Return an ISO 8601 timestamp with an offset, in UTC."""
        try:
            timestamp = datetime.fromisoformat(self.text(field))
        except ValueError:
            timestamp = None
        # Public ids are derived from it, and UUIDs of version 7 count from 1970.
        if timestamp is None or timestamp.tzinfo is None or timestamp.year <= 1970:
            raise self.error(field, "write a timestamp such as 2026-11-01T00:00:00Z.")
        return timestamp.astimezone(UTC)

    def texts(self, field: str) -> list[str]:
        """Return a list of scalars; empty if the field is absent."""
        items = self._get_items(field)
        if not all(isinstance(item, yaml.ScalarNode) for item in items):
            raise self.error(field, "write a list of words.")
        return [self._check_printable(field, item.value) for item in items]

    def entry(self, field: str) -> "Entry | None":
        """Return a nested mapping; ``None`` if the field is absent. The caller closes it."""
        node = self._get_node(field, None)
        return None if node is None else Entry(self.file, node, field)

    def entries(self, field: str) -> Iterator["Entry"]:
        """Yield the mappings of a list, and close each one when the caller takes the next."""
        for item in self._get_items(field):
            entry = Entry(self.file, item, field)
            yield entry
            entry.close()

    def close(self) -> None:
        """Raise ``SeedError`` for the first field that no method has read."""
        for field in self._nodes:
            if field not in self._read_fields:
                fields = ", ".join(sorted(self._read_fields))
                raise self.error(field, f"unknown field. Use one of: {fields}.")

    def __contains__(self, field: str) -> bool:
        self._read_fields.add(field)
        return field in self._nodes

    def _check_printable(self, field: str, value: str) -> str:
        # The check of the whole file does not see characters that YAML escapes, such as "\0".
        if problem := find_unprintable(value):
            raise self.error(field, problem)
        return value

    def _get_node(self, field: str, default: Any) -> yaml.Node | None:
        self._read_fields.add(field)
        if field in self._nodes:
            return self._nodes[field]
        if default is _REQUIRED:
            raise self.error(field, "is missing.")
        return None

    def _get_items(self, field: str) -> list[yaml.Node]:
        node = self._get_node(field, None)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(field, "write a list.")
        return list(node.value)
