"""Mapping files: YAML, keys, sources and conversions."""

from typing import Any

import pytest

from claims.exchange.tables.mapping import MAX_BYTES, InvalidMapping, Mapping
from tests.claims.exchange.tables.tables import MAPPINGS


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("", "members:"),
        ("members: [a]", "members:"),
        ("members: {a: b\n", "Invalid YAML"),
        ("colour: red\nmembers: {a: b}", "colour: unknown"),
        ("format: xls\nmembers: {a: b}", "format: use one of"),
        ("quoting: some\nmembers: {a: b}", "quoting:"),
        ("delimiter: ab\nmembers: {a: b}", "delimiter:"),
        ("members: {a: 1}", "a: give a column's name"),
        ("members: {a: {column: x, colour: y}}", "a.colour: unknown"),
        ("members: {a: {column: x, split: ''}}", "a.split: give the text between"),
        ("members: {a: {column: x, date: 2020}}", "a.date: give the date format"),
        ("members: {a: {column: x, replace: abc}}", "a.replace: give texts"),
        ("members: {a: {column: x, words: [b]}}", "a.words: give cells"),
        ("members: {a: {column: x, words: {true: b}}}", "a.words: put the cells in quotes"),
        ("members: {a: {column: x, case: upper}}", "a.case: use title"),
        ("members: {a: {members: x}}", "a.members: give members"),
        ("members: {a: b, a.c: d}", "a: it has a source and also members"),
        ("columns: 5\nmembers: {a: b}", "columns: give a list"),
        ("header: false\nmembers: {a: b}", "header: unknown"),
        ("members: {a: {members: {b: {}}}}", "a.b: give a column's name"),
        ("members: {a: !!python/object:os.system x}", "Invalid YAML"),
        ("members: {a: {value: !!timestamp 2020-01-01}}", "line 1: tags are not allowed"),
        ("members: {a: {column: x, date: '%d %d'}}", "a.date: give the date format"),
        ("members: {a: {column: x, date: '%d.%m.'}}", "a.date: .* year, month and day"),
        ("members: {a: {column: x, date: '%-d.%m.%Y'}}", "a.date: give the date format"),
        ("members: {a: {column: x, date: '%d.%m.%Y %'}}", "a.date: give the date format"),
        ("members: {a: {column: x, replace: {'': b}}}", "a.replace: give texts"),
        ("members: {a: {column: x, replace: {b: 1}}}", "a.replace: give texts"),
        ("members: {a: {column: x, otherwise: b}}", "a.otherwise: also give words"),
        ("members: {a: {column: x, value: y}}", "a: it has column and value"),
        ("members: {a: {value: y, words: {b: c}}}", "a.words: also give column"),
        ("members: {a: {each: y, column: b}}", "a.each: also give members"),
        ("members: {a: {digest: [[b]]}}", "a.digest: give the columns"),
        ('members: {a: {column: "\\uD800"}}', "line 1: Lone surrogate"),
        ("members:\n  a: b\n  url: &a {members: {x: *a}}", r"line 3: \*a: write the value"),
        ("members: {a: [[]]}\nb: [" + "[" * 3000, "more than 20 levels"),
        ("members: {url: a, url: b}", "url: this key is repeated"),
        ("members: {[a]: b}", "a key must be text"),
        ("members: {5: b}", "5: name a member"),
        ("members: {a..b: c}", "a..b: name a member"),
        (f"members: {{a{'.a' * 50}: c}}", "name a member"),
        ("members: {a: {members: {b: c, b.d: e}}}", "a.b: it has a source and also members"),
        (
            "members: {a: {members: {b.c: c, b.c.d.e: e}}}",
            "a.b.c: it has a source and also members",
        ),
        ("quoting: {a: 1}\nmembers: {a: b}", "quoting: use one of: double, none"),
        ("format: [csv]\nmembers: {a: b}", "format: use one of"),
        ("delimiter: '\"'\nmembers: {a: b}", "delimiter: use one character"),
        ("columns: [a, b, a]\nmembers: {a: b}", "columns: a is repeated"),
        ("members: {a: b}\n# " + "x" * MAX_BYTES, "more than 262,144 bytes"),
    ],
)
def test_an_invalid_mapping_names_the_position_and_the_error(mapping: str, message: str) -> None:
    with pytest.raises(InvalidMapping, match=message):
        Mapping.parse(mapping)


def test_nested_aliases_are_rejected_before_they_expand() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]" for n in range(1, 10))]
    with pytest.raises(InvalidMapping, match=r"line 2: \*a0"):
        Mapping.parse("\n".join([*lines, "members: {a: *a9}"]))


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("2020-99-99", "2020-99-99"),
        ("2020-01-01", "2020-01-01"),
        ("1" * 5000, "1" * 5000),
        (".nan", ".nan"),
        ("1e999", "1e999"),
        ("1:30", "1:30"),
        ("012", "012"),
        ("no", "no"),
        ("<<", "<<"),
        ("17", 17),
        ("-2.5", -2.5),
        ("true", True),
        ("~", None),
    ],
)
def test_a_scalar_is_a_json_value_or_else_its_text(scalar: str, value: Any) -> None:
    mapping = Mapping.parse(f"members: {{a: {{value: {scalar}}}}}")
    assert mapping.members == {"a": {"value": value}}


def test_every_date_format_of_python_with_year_month_and_day_is_valid() -> None:
    for form in ("%d.%m.%Y", "%d %B %y", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S%z", "%j %Y"):
        assert Mapping.parse(f"members: {{a: {{column: x, date: '{form}'}}}}").members


@pytest.mark.parametrize("name", ["liar", "averitec"])
def test_the_shipped_mappings_are_valid(name: str) -> None:
    assert Mapping.parse((MAPPINGS / f"{name}.yaml").read_text()).members
