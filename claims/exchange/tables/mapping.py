"""Mapping files, which say which column of a table is what: YAML, see docs/operator.md. Pure.

A file is checked whole when it is read: what it names can then be done with any row.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import yaml

from claimsapi.core.text import find_unprintable

LARGEST: Final = 256 * 1024  # bytes of a mapping file
_DEEPEST: Final = 20  # levels within it
_FORMATS: Final = ("csv", "json")
_QUOTING: Final = ("double", "none")
_KNOWN: Final = frozenset({"format", "delimiter", "quoting", "columns", "members"})
_SOURCES: Final = ("column", "value", "text", "digest", "members")
_CHANGES: Final = ("words", "otherwise", "split", "date", "case", "replace")
_SPEC: Final = frozenset({*_SOURCES, *_CHANGES, "each"})
_KINDS: Final[dict[str, tuple[type, str]]] = {
    "column": (str, "the name of a column"),
    "text": (str, "a text with columns in braces"),
    "digest": (list, "the columns that name the row"),
    "words": (dict, "cells and what they stand for"),
    "split": (str, "the text between two values"),
    "date": (str, "how the date is written, such as %d/%m/%Y, in quotes"),
    "replace": (dict, "texts and what comes in their place"),
    "each": (str, "the path of a list within the row"),
    "members": (dict, "members of ClaimReview and where they come from"),
}
# What Python's strptime reads, and a name that it gives to a date's part only once.
_DATE: Final = re.compile(r"(?:[^%]|%[aAbBcdfGHIjmMpSuUVwWxXyYzZ%])*", re.DOTALL)
_DAYS: Final = (datetime(2019, 11, 28, 13, 14, 15, 16, UTC), datetime(2020, 2, 3, 0, tzinfo=UTC))


class BadMapping(ValueError):
    """The mapping file does not fit; ``str()`` says where and why."""


class _Loader(yaml.SafeLoader):
    """Of YAML what JSON can say too; every other scalar is the text that stands there.

    So 2020-01-01 and ``no`` are texts. Neither tags nor aliases: a small file means little.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's
    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _fault(f"*{event.anchor}: write out what it stands for", event)
        if getattr(event, "tag", None) not in {None, "!"}:
            raise _fault("a tag: leave it out, and put a text in quotes", event)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _fault(f"more than {_DEEPEST} levels", event)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  PyYAML's
        found: dict[Any, Any] = {}
        for key, value in node.value:
            name = self.construct_object(key, deep=True)
            if isinstance(name, list | dict):
                raise _fault("a name that is no text", key)
            if name in found:
                raise _fault(f"{name}: it stands here twice", key)
            found[name] = self.construct_object(value, deep=deep)
        return found

    def construct_scalar(self, node: Any) -> Any:
        text = super().construct_scalar(node)
        if isinstance(text, str) and (fault := find_unprintable(text)):
            raise _fault(fault.rstrip("."), node)
        return text


for _tag, _pattern, _first in (
    ("null", r"|~|null", ["", "~", "n"]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"-?(?:0|[1-9][0-9]{0,14})", list("-0123456789")),
    ("float", r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}", list("-0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first
    )


def _fault(words: str, place: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=words, problem_mark=place.start_mark)


@dataclass(frozen=True, slots=True)
class Mapping:
    """How a table is written, and what its columns are."""

    members: dict[str, Any]
    format: str = "csv"
    delimiter: str = ","
    quoting: bool = True
    columns: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Mapping":
        """Read a mapping file; ``BadMapping`` says what is wrong with it."""
        given = _loaded(text)
        if not isinstance(given, dict) or not isinstance(given.get("members"), dict):
            raise BadMapping("members: say which member of ClaimReview comes from which column.")
        if unknown := set(map(str, given)) - _KNOWN:
            raise BadMapping(f"{min(unknown)}: unknown; there are {', '.join(sorted(_KNOWN))}.")
        if given.get("format", "csv") not in _FORMATS:
            raise BadMapping(f"format: one of {', '.join(_FORMATS)}.")
        if given.get("quoting", "double") not in _QUOTING:
            raise BadMapping("quoting: double or none.")
        delimiter = given.get("delimiter", ",")
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
            raise BadMapping("delimiter: one character, neither a quote nor the end of a line.")
        columns = given.get("columns") or []
        if not isinstance(columns, list) or not _are_texts(columns):
            raise BadMapping("columns: a list of names, for a table whose first line has none.")
        if twice := [name for name, number in Counter(columns).items() if number > 1]:
            raise BadMapping(f"columns: {twice[0]} stands there twice.")
        _check_members("", given["members"])
        return cls(
            members=given["members"],
            format=given.get("format", "csv"),
            delimiter=delimiter,
            quoting=given.get("quoting", "double") == "double",
            columns=tuple(columns),
        )


def _loaded(text: str) -> Any:
    if len(text.encode(errors="replace")) > LARGEST:
        raise BadMapping(f"It has more than {LARGEST:,} bytes, which no mapping needs.")
    try:
        return yaml.load(text, _Loader)  # noqa: S506  a SafeLoader, and stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}: " if mark else ""
        said = " ".join(filter(None, [error.context, error.problem]))
        raise BadMapping(f"This is not YAML as a mapping has it: {place}{said}.") from None
    except yaml.YAMLError as error:
        raise BadMapping(f"This is not YAML: {' '.join(str(error).split())}") from None


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _check_members(path: str, members: dict[str, Any]) -> None:
    for name, spec in members.items():
        here = f"{path}.{name}".lstrip(".")
        steps = name.split(".") if isinstance(name, str) else [""]
        if not all(steps) or len(steps) > _DEEPEST:
            raise BadMapping(f"{here[:200]}: name a member, such as author.name.")
        _check(here, spec)
        above = (".".join(steps[:count]) for count in range(1, len(steps)))
        if both := next((one for one in above if one in members), None):
            raise BadMapping(f"{path}.{both}".lstrip(".") + ": it has a value and members.")


def _check(path: str, spec: Any) -> None:
    for one in spec if isinstance(spec, list) else [spec]:
        if isinstance(one, str):
            continue
        if not isinstance(one, dict) or not set(one) & set(_SOURCES):
            fault = "name a column, or give column, value, text, digest or members."
            raise BadMapping(f"{path}: {fault}")
        if unknown := set(map(str, one)) - _SPEC:
            raise BadMapping(
                f"{path}.{min(unknown)}: unknown; there are {', '.join(sorted(_SPEC))}."
            )
        for name, (kind, words) in _KINDS.items():
            if name in one and (not isinstance(one[name], kind) or one[name] == ""):
                raise BadMapping(f"{path}.{name}: {words}.")
        _check_together(path, one)
        _check_changes(path, one)
        _check_members(path, one.get("members", {}))


def _check_together(path: str, spec: dict[str, Any]) -> None:
    given = [name for name in _SOURCES if name in spec]
    if len(given) > 1 and given != ["text", "digest"]:
        raise BadMapping(f"{path}: it has {given[0]} and {given[1]}: give one of them.")
    if "each" in spec and "members" not in spec:
        raise BadMapping(f"{path}.each: give members too.")
    if "column" not in spec and (stray := [name for name in _CHANGES if name in spec]):
        raise BadMapping(f"{path}.{stray[0]}: give column too.")
    if "otherwise" in spec and "words" not in spec:
        raise BadMapping(f"{path}.otherwise: give words too.")
    if not _are_texts(spec.get("digest", ())):
        raise BadMapping(f"{path}.digest: {_KINDS['digest'][1]}.")


def _check_changes(path: str, spec: dict[str, Any]) -> None:
    if spec.get("case", "title") != "title":
        raise BadMapping(f"{path}.case: title.")
    if not _are_texts(spec.get("words", ())):
        raise BadMapping(f"{path}.words: write the cells' texts in quotes.")
    replace = spec.get("replace", {})
    if not _are_texts([*replace, *replace.values()]) or "" in replace:
        raise BadMapping(f"{path}.replace: {_KINDS['replace'][1]}.")
    if "date" in spec and not _is_date_format(spec["date"]):
        raise BadMapping(f"{path}.date: {_KINDS['date'][1]}; year, month and day, each once.")


def _is_date_format(form: str) -> bool:
    """Whether a day that is written so is read as the same day."""
    if not _DATE.fullmatch(form):
        return False
    try:
        return all(datetime.strptime(at.strftime(form), form).date() == at.date() for at in _DAYS)  # noqa: DTZ007  a day
    except (ValueError, re.error):
        return False
