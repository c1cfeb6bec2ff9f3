"""Mapping files: YAML that maps the columns of a table to members of ClaimReview. Pure.

docs/import-export.md describes the format. ``Mapping.parse()`` checks a file completely, so the
reader and the writer apply it to every row without further checks.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from claimsapi.core.text import find_unprintable

MAX_BYTES: Final = 256 * 1024
PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")  # a column within a text: {nr}
_MAX_DEPTH: Final = 20  # levels of YAML, and steps of a member's path
_FORMATS: Final = ("csv", "json")
_QUOTING: Final = ("double", "none")
_KEYS: Final = frozenset({"format", "delimiter", "quoting", "columns", "members"})
_SOURCES: Final = ("column", "value", "text", "digest", "members")
_CONVERSIONS: Final = ("words", "otherwise", "split", "date", "case", "replace")
_SPEC_KEYS: Final = frozenset({*_SOURCES, *_CONVERSIONS, "each"})
_EXPECTED: Final[dict[str, tuple[type, str]]] = {
    "column": (str, "give the name of a column"),
    "text": (str, "give a text with columns in braces"),
    "digest": (list, "give the columns that identify the row"),
    "words": (dict, "give cells and their replacements"),
    "split": (str, "give the text between two values"),
    "date": (str, "give the date format, such as %d/%m/%Y, in quotes"),
    "replace": (dict, "give texts and their replacements"),
    "each": (str, "give the path of a list within the row"),
    "members": (dict, "give members of ClaimReview and their sources"),
}
# The directives of strptime(). Other ones, such as %-d, work only on some platforms.
_DATE_FORMAT: Final = re.compile(r"(?:[^%]|%[aAbBcdfGHIjmMpSuUVwWxXyYzZ%])*", re.DOTALL)
_SAMPLE_DATES: Final = (
    datetime(2019, 11, 28, 13, 14, 15, 16, UTC),
    datetime(2020, 2, 3, 0, tzinfo=UTC),
)


class InvalidMapping(ValueError):
    """The mapping file is invalid. ``str()`` names the position and the reason."""


class _Loader(yaml.SafeLoader):
    """Loads YAML as JSON values: every scalar except plain numbers, booleans and null is text.

    So 2020-01-01 and ``no`` are texts. Tags and aliases are errors: without aliases, a small file
    cannot expand to a large value.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's
    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _yaml_error(f"*{event.anchor}: write the value instead of an alias", event)
        if getattr(event, "tag", None) not in {None, "!"}:
            raise _yaml_error("tags are not allowed: remove the tag, and put text in quotes", event)
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _yaml_error(f"more than {_MAX_DEPTH} levels", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  PyYAML's
        # PyYAML's own method accepts repeated keys, and the last one would win silently.
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, list | dict):
                raise _yaml_error("a key must be text", key_node)
            if key in mapping:
                raise _yaml_error(f"{key}: this key is repeated", key_node)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping

    def construct_scalar(self, node: Any) -> Any:
        text = super().construct_scalar(node)
        if isinstance(text, str) and (problem := find_unprintable(text)):
            raise _yaml_error(problem.rstrip("."), node)
        return text


for _tag, _pattern, _first in (
    ("null", r"|~|null", ["", "~", "n"]),
    ("bool", r"true|false", ["t", "f"]),
    # At most 15 digits: JSON readers keep only about 16 digits exact.
    ("int", r"-?(?:0|[1-9][0-9]{0,14})", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}", list("-0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def _yaml_error(problem: str, node: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


@dataclass(frozen=True, slots=True)
class Mapping:
    """The notation of a table, and the sources of the members of ClaimReview.

    ``members`` maps the path of a member to its spec: the name of a column, a dictionary, or a
    list of these. ``columns`` has the names for a table without a header.
    """

    members: dict[str, Any]
    format: str = "csv"
    delimiter: str = ","
    quoting: bool = True
    columns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Mapping":
        """Parse and check a mapping file. Raises ``InvalidMapping`` for the first error."""
        content = _load_yaml(text)
        if not isinstance(content, dict) or not isinstance(content.get("members"), dict):
            raise InvalidMapping("members: map members of ClaimReview to columns.")
        if unknown := set(map(str, content)) - _KEYS:
            raise InvalidMapping(f"{min(unknown)}: unknown key. Use one of: {_join(_KEYS)}.")
        if content.get("format", "csv") not in _FORMATS:
            raise InvalidMapping(f"format: use one of: {_join(_FORMATS)}.")
        if content.get("quoting", "double") not in _QUOTING:
            raise InvalidMapping(f"quoting: use one of: {_join(_QUOTING)}.")
        delimiter = content.get("delimiter", ",")
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise InvalidMapping("delimiter: use one character, not a quote or a line break.")
        columns = content.get("columns") or []
        if not isinstance(columns, list) or not _are_texts(columns):
            raise InvalidMapping("columns: give a list of names, for a table without a header.")
        if repeated := [name for name, count in Counter(columns).items() if count > 1]:
            raise InvalidMapping(f"columns: {repeated[0]} is repeated.")
        _check_members("", content["members"])
        return cls(
            members=content["members"],
            format=content.get("format", "csv"),
            delimiter=delimiter,
            quoting=content.get("quoting", "double") == "double",
            columns=tuple(columns),
        )


def iter_columns(spec: Any, *, with_digests: bool) -> Iterator[str]:
    """Yield the columns that a spec reads.

    Excludes the columns of lists within a row (``each``), because these differ between rows. A
    digest hides its columns: only ``with_digests`` includes them.
    """
    match spec:
        case str():
            yield spec
        case list():
            for one in spec:
                yield from iter_columns(one, with_digests=with_digests)
        case {"column": str(column)}:
            yield column
        case {"digest": list(columns)}:
            if with_digests:
                yield from columns
        case {"text": str(text)}:
            yield from PLACEHOLDER.findall(text)
        case {"members": dict(members)} if "each" not in spec:
            for one in members.values():
                yield from iter_columns(one, with_digests=with_digests)


def _load_yaml(text: str) -> Any:
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise InvalidMapping(f"The file has more than {MAX_BYTES:,} bytes.")
    try:
        return yaml.load(text, _Loader)  # noqa: S506  a SafeLoader, and stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        problem = " ".join(filter(None, [error.context, error.problem]))
        raise InvalidMapping(f"Invalid YAML: {line}{problem}.") from None
    except yaml.YAMLError as error:
        raise InvalidMapping(f"Invalid YAML: {' '.join(str(error).split())}") from None


def _join(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _check_members(parent: str, members: dict[str, Any]) -> None:
    for name, spec in members.items():
        path = f"{parent}.{name}".lstrip(".")
        steps = name.split(".") if isinstance(name, str) else [""]
        if not all(steps) or len(steps) > _MAX_DEPTH:
            raise InvalidMapping(f"{path[:200]}: name a member, such as author.name.")
        _check_spec(path, spec)
        ancestors = (".".join(steps[:count]) for count in range(1, len(steps)))
        if conflict := next((one for one in ancestors if one in members), None):
            path = f"{parent}.{conflict}".lstrip(".")
            raise InvalidMapping(f"{path}: it has a source and also members. Remove one of them.")


def _check_spec(path: str, spec: Any) -> None:
    for one in spec if isinstance(spec, list) else [spec]:
        if isinstance(one, str):
            continue
        if not isinstance(one, dict) or not set(one) & set(_SOURCES):
            raise InvalidMapping(f"{path}: give a column's name, or one of: {_join(_SOURCES)}.")
        if unknown := set(map(str, one)) - _SPEC_KEYS:
            raise InvalidMapping(
                f"{path}.{min(unknown)}: unknown key. Use one of: {_join(_SPEC_KEYS)}."
            )
        for name, (kind, remedy) in _EXPECTED.items():
            if name in one and (not isinstance(one[name], kind) or one[name] == ""):
                raise InvalidMapping(f"{path}.{name}: {remedy}.")
        _check_combination(path, one)
        _check_values(path, one)
        _check_members(path, one.get("members", {}))


def _check_combination(path: str, spec: dict[str, Any]) -> None:
    """Check that a spec has one source, and that its other keys belong to that source."""
    sources = [name for name in _SOURCES if name in spec]
    # With a digest, the text is the prefix of the digest.
    if len(sources) > 1 and sources != ["text", "digest"]:
        raise InvalidMapping(f"{path}: it has {sources[0]} and {sources[1]}. Remove one of them.")
    if "each" in spec and "members" not in spec:
        raise InvalidMapping(f"{path}.each: also give members.")
    if "column" not in spec and (stray := [name for name in _CONVERSIONS if name in spec]):
        raise InvalidMapping(f"{path}.{stray[0]}: also give column.")
    if "otherwise" in spec and "words" not in spec:
        raise InvalidMapping(f"{path}.otherwise: also give words.")


def _check_values(path: str, spec: dict[str, Any]) -> None:
    if not _are_texts(spec.get("digest", ())):
        raise InvalidMapping(f"{path}.digest: {_EXPECTED['digest'][1]}.")
    if spec.get("case", "title") != "title":
        raise InvalidMapping(f"{path}.case: use title.")
    if not _are_texts(spec.get("words", ())):
        raise InvalidMapping(f"{path}.words: put the cells in quotes.")
    replace = spec.get("replace", {})
    # str.replace("", …) would insert the new text between all characters.
    if not _are_texts([*replace, *replace.values()]) or "" in replace:
        raise InvalidMapping(f"{path}.replace: {_EXPECTED['replace'][1]}.")
    if "date" in spec and not _is_date_format(spec["date"]):
        raise InvalidMapping(f"{path}.date: {_EXPECTED['date'][1]}, with year, month and day once.")


def _is_date_format(form: str) -> bool:
    """Whether a date written in this format is read as the same date."""
    if not _DATE_FORMAT.fullmatch(form):
        return False
    try:
        # A round trip shows a missing or ambiguous part. The dates differ in each part.
        return all(
            datetime.strptime(at.strftime(form), form).date() == at.date()  # noqa: DTZ007  a day
            for at in _SAMPLE_DATES
        )
    except (ValueError, re.error):  # strptime() raises re.error for a repeated directive
        return False
