"""Reader of tables: rows, conversions, and errors of rows and files."""

import inspect
import io
import json
import sys
from typing import Any

import pytest

from claims.exchange.importing.rows import Outcome
from claims.exchange.tables.mapping import Mapping
from claims.exchange.tables.reader import extract_items
from tests.claims.exchange.tables.tables import MEMBERS, PEOPLE, PEOPLE_TABLE, TABLE, read_table


def test_the_mapping_converts_each_row() -> None:
    first, second, third, fourth = read_table(TABLE)
    assert first.parsed is not None
    assert first.parsed.identifier == "weekly:1"
    assert first.parsed.claim == "Ferries, all, are late"
    assert first.parsed.label == "False"
    assert str(first.parsed.published_at) == "2024-05-03 00:00:00+00:00"
    assert [claimant.name for claimant in first.parsed.claimants] == ["Ada Quill"]
    assert first.parsed.topics == ("ports", "ferries")
    assert second.outcome is None
    assert "datePublished: 'someday'" in second.notes[0]
    assert third.reason == "Line 4: 2 columns instead of 6."
    assert "the rating is missing" in fourth.reason
    assert json.loads(first.markup)["row"]["person"] == "ada-quill"


def test_lists_within_a_row_become_lists_of_objects() -> None:
    mapping = MEMBERS.replace("members:", "format: json\nmembers:") + (
        "  citation:\n"
        "    - {each: checks.answers, members: {url: link, name: {text: '{q}: {reply}'}}}\n"
        "    - {members: {url: whole}}\n"
    )
    row = {
        "nr": 1,
        "claim": "x",
        "rating": "f",
        "whole": "https://a.example/",
        "checks": [
            {
                "q": "Who",
                "answers": [{"reply": "Ada", "link": "https://b.example/"}, {"reply": "I"}],
            },
            {"q": "Why", "answers": []},
            {"q": "No"},
        ],
    }
    [result] = read_table(json.dumps([row]).encode(), mapping)
    assert result.parsed is not None
    assert [(work.title, work.url) for work in result.parsed.evidence] == [
        ("Who: Ada", "https://b.example/"),
        ("Who: I", ""),
        ("https://a.example/", "https://a.example/"),
    ]


def test_words_replace_or_drop_cells_and_otherwise_replaces_the_rest() -> None:
    first, second, third = (row.normalized for row in read_table(PEOPLE_TABLE.encode(), PEOPLE))
    assert first["itemReviewed"]["author"] == {"@type": "Person", "name": "Ian Mcewan"}
    assert second["itemReviewed"]["author"] == {"@type": "Organization", "name": "Chain Email"}
    # An empty cell stays empty: `otherwise` does not apply.
    assert third["itemReviewed"]["author"] == {
        "@type": "Person",
        "affiliation": {"name": "greens"},
    }
    mapping = PEOPLE.replace("members:", "format: json\nmembers:")
    [number] = read_table(b'[{"nr":1,"claim":"x","rating":"r","person":5,"party":""}]', mapping)
    assert number.normalized["itemReviewed"]["author"]["@type"] == "Person"


def test_a_row_with_too_deep_nesting_does_not_stop_the_others() -> None:
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    mapping = Mapping.parse("format: json\nmembers: {claimReviewed: claim}")
    limit = sys.getrecursionlimit()
    table = io.BytesIO(json.dumps([{"claim": deep}, {"claim": "x"}]).encode())
    try:
        sys.setrecursionlimit(len(inspect.stack(0)) + 400)
        first, second = extract_items(table, mapping)
    finally:
        sys.setrecursionlimit(limit)
    assert "nested too deep" in str(first.value)
    assert second.value["claimReviewed"] == "x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"7,Caf\xe9,f,,,\n", "Line 2: not UTF-8."),
        (b'7,"a "quoted" word",f,,,\n', "Line 2: "),
        (b"7," + b"x" * (2**20 + 1) + b",f,,,\n", "Line 2: "),
        (b"7,Seven\n", "Line 2: 2 columns instead of 6."),
    ],
)
def test_an_unreadable_row_does_not_stop_the_others(content: bytes, message: str) -> None:
    head, first, *_ = TABLE.splitlines(keepends=True)
    broken, whole = read_table(head + content + first)
    assert broken.outcome == Outcome.REJECTED
    assert message in broken.reason
    assert whole.parsed is not None
    assert whole.parsed.identifier == "weekly:1"


def test_a_truncated_table_names_the_line_of_its_open_quote() -> None:
    head, first, second, *_ = TABLE.splitlines(keepends=True)
    assert read_table(head + b'1,"open')[-1].reason == "Line 2: a quote is not closed."
    broken = read_table(head + first + b'8,"open,f,,,\n' + second)[-1].reason
    assert broken == "Line 3: a quote is not closed; the row extends to line 4."
    assert read_table(b'nr,"open\n1,2\n')[-1].reason.startswith(
        "Line 1: a quote is not closed; the row"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'8,"open,f,,,\n9,"Nine",f,,,\n', "Line 3: a quote is not closed or not doubled; the row"),
        (b'8,"open,f,,,\n9,Nine",f,,\n', "Line 3: 5 columns instead of 6. A quote may be"),
        (b'8,"two\nlines",f\n', "Line 3: 3 columns instead of 6. A quote may be unclosed"),
        (b'8,"not\n\nUTF-8 \xe9",f,,,\n', "Line 3: not UTF-8."),
    ],
)
def test_an_error_in_a_row_of_several_lines_names_its_first_line(
    content: bytes, message: str
) -> None:
    head, first, *_ = TABLE.splitlines(keepends=True)
    whole, broken, after = read_table(head + first + content + first)
    assert broken.reason.startswith(message)
    assert whole.parsed is not None
    assert after.parsed == whole.parsed


@pytest.mark.parametrize(
    "line",
    [
        "nr,claim,rating,day,person,tags",
        "NR, Claim ,Rating,Day,Person,Keywords",
        "claim,nr,x,tags,day,y",
    ],
)
def test_a_header_is_rejected_if_the_mapping_has_the_names_of_the_columns(line: str) -> None:
    mapping = "columns: [nr, claim, rating, day, person, tags]" + MEMBERS
    lines = TABLE.splitlines(keepends=True)[1:]
    header, first, *_ = read_table(
        b"\xef\xbb\xbf" + line.encode() + b"\n" + b"".join(lines), mapping
    )
    assert header.reason.startswith("Line 1: this is a header, not a review.")
    assert first.parsed is not None
    again = read_table(lines[0] + b"nr,claim,rating,x,,\n", mapping)
    assert [row.outcome for row in again] == [None, None]


def test_a_repeated_column_is_an_error_if_the_mapping_uses_it() -> None:
    [row] = read_table(b"nr,claim,rating,day,person,tags,claim\n1,2,3,4,5,6,7\n")
    assert row.reason == "The table repeats a column of the mapping: claim."
    [row] = read_table(TABLE.splitlines()[0] + b",x,x\n1,2,3,01.01.2020,,,7,8\n")
    assert row.parsed is not None


def test_a_missing_column_is_an_error_of_the_table() -> None:
    [row] = read_table(b"nr,claim\n1,One\n")
    assert row.reason == "The table lacks columns of the mapping: day, person, rating, tags."


@pytest.mark.parametrize("content", [b'{"a": 1}', b"[1, null]", b'[{"nr": ', b""])
def test_json_other_than_a_list_of_objects_makes_no_review(content: bytes) -> None:
    rows = read_table(content, MEMBERS.replace("members:", "format: json\nmembers:"))
    assert {row.outcome for row in rows} <= {Outcome.REJECTED}
